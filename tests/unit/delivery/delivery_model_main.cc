// delivery_model --operations N [--seed S] [--each M]
//
// N random operations on delivery beside its model, in stations of M operations each (every one
// starts empty, with the next seed). Prints the seed that finds a difference and exits with 1.
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <random>

#include "CLI/CLI.hpp"

#include "tests/unit/delivery/delivery_model.h"

int main(int argc, char** argv) {
  uint64_t operations = 10'000;
  uint64_t seed = std::random_device()();
  uint64_t each = 2'000;
  CLI::App app("Random operations on delivery beside a plain model");
  app.add_option("--operations", operations, "How many in all");
  app.add_option("--seed", seed, "Of the first station; the next one has the next");
  app.add_option("--each", each, "Operations of one station")->check(CLI::PositiveNumber);
  CLI11_PARSE(app, argc, argv);
  const auto start = std::chrono::steady_clock::now();
  std::string summary;
  for (uint64_t done = 0; done < operations; done += each, ++seed) {
    const uint64_t now = std::min(each, operations - done);
    pavane::delivery::DeliveryModel model(seed);
    const absl::Status status = model.Run(now);
    summary = model.Summary();
    if (status.ok()) continue;
    std::fprintf(stderr, "delivery_model --operations %llu --each %llu --seed %llu: %s\n%s\n",
                 static_cast<unsigned long long>(now), static_cast<unsigned long long>(now),
                 static_cast<unsigned long long>(seed), status.ToString().c_str(), summary.c_str());
    return 1;
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  std::printf("%llu operations in %.1f s, no difference; in the last station: %s\n",
              static_cast<unsigned long long>(operations), took.count(), summary.c_str());
  return 0;
}
