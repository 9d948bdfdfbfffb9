#ifndef PAVANE_TESTS_CRASH_CRASH_TALLY_H_
#define PAVANE_TESTS_CRASH_CRASH_TALLY_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace pavane::testing {

/// What a run of kills came to; one line of JSON for tests/crash/crash.py, which adds runs up.
struct CrashTally {
  uint64_t seed = 0;
  uint64_t kills = 0;                           // deaths by SIGKILL
  std::map<std::string, uint64_t> ends;         // all ends, by kind
  std::map<std::string, uint64_t> fail_points;  // kills at each
  uint64_t in_flight = 0;                       // kills that hit work under way
  uint64_t acknowledged = 0;                    // acknowledgements held against what is kept
  std::map<std::string, uint64_t> figures;      // what else the harness counts
  std::vector<std::string> problems;            // empty: all held

  std::string Json() const;
};

}  // namespace pavane::testing

#endif  // PAVANE_TESTS_CRASH_CRASH_TALLY_H_
