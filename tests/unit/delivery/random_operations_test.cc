#include <cstdlib>
#include <random>

#include "absl/strings/str_cat.h"
#include <gtest/gtest.h>

#include "tests/support/status_matchers.h"
#include "tests/unit/delivery/delivery_model.h"

namespace pavane::delivery {
namespace {

// The short form of `delivery_model`. PAVANE_RANDOM_SEED repeats a run.
TEST(RandomOperations, StationAndModelAgree) {
  const char* given = std::getenv("PAVANE_RANDOM_SEED");
  const uint64_t first =
      given == nullptr ? std::random_device()() : std::strtoull(given, nullptr, 10);
  for (uint64_t seed = first; seed < first + 3; ++seed) {
    SCOPED_TRACE(absl::StrCat("delivery_model --operations 400 --seed ", seed));
    ASSERT_OK(DeliveryModel(seed).Run(400));
  }
}

}  // namespace
}  // namespace pavane::delivery
