#include "base/ids.h"

#include <sstream>
#include <type_traits>
#include <unordered_set>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_format.h"
#include "fmt/format.h"
#include <gtest/gtest.h>

namespace pavane {
namespace {

static_assert(!std::is_convertible_v<uint64_t, Sequence>, "a bare number is not a sequence");
static_assert(!std::is_convertible_v<Sequence, uint64_t>);
static_assert(!std::is_constructible_v<Position, Sequence>, "nor is one kind the other");
static_assert(sizeof(Attempt) == 4);

TEST(StrongInt, DefaultIsNone) {
  EXPECT_FALSE(Sequence());
  EXPECT_TRUE(Sequence(1));
}

TEST(StrongInt, CountsAndCompares) {
  Sequence sequence(7);
  ++sequence;
  EXPECT_EQ(sequence, Sequence(8));
  EXPECT_EQ(sequence.Next(), Sequence(9));
  EXPECT_LT(Sequence(8), Sequence(9));
  EXPECT_EQ(Sequence(9) - Sequence(7), 2u);
  EXPECT_EQ(Sequence(9) - uint64_t{2}, Sequence(7));
  EXPECT_EQ(Sequence(9) + uint64_t{2}, Sequence(11));
}

TEST(StrongInt, IsAKeyOfBothKindsOfHashTable) {
  absl::flat_hash_set<TargetId> ours = {TargetId(1), TargetId(2), TargetId(1)};
  std::unordered_set<TargetId> standard = {TargetId(1), TargetId(2), TargetId(1)};
  EXPECT_EQ(ours.size(), 2u);
  EXPECT_EQ(standard.size(), 2u);
}

TEST(StrongInt, PrintsItsNumberEverywhere) {
  std::ostringstream out;
  out << BusId(42);
  EXPECT_EQ(out.str(), "42");
  EXPECT_EQ(absl::StrFormat("%d", BusId(42)), "42");
  EXPECT_EQ(fmt::format("{}", BusId(42)), "42");
}

}  // namespace
}  // namespace pavane
