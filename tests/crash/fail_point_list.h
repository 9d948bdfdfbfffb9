#ifndef PAVANE_TESTS_CRASH_FAIL_POINT_LIST_H_
#define PAVANE_TESTS_CRASH_FAIL_POINT_LIST_H_

#include <cstdint>
#include <string>
#include <vector>

namespace pavane::testing {

/// A fail point as tests/crash/fail_points.txt lists it.
struct FailPointEntry {
  std::string name;
  uint64_t passings_max = 1;  // the number of the passing is chosen from 1 to this
};

/// The points that the harness `user` (store, broker) kills at; none in a build without fail
/// points.
std::vector<FailPointEntry> ReadFailPoints(const std::string& user);

}  // namespace pavane::testing

#endif  // PAVANE_TESTS_CRASH_FAIL_POINT_LIST_H_
