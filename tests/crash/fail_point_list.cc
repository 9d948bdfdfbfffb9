#include "tests/crash/fail_point_list.h"

#include <fstream>
#include <sstream>

#include "base/check.h"
#include "base/failpoint.h"

namespace pavane::testing {

std::vector<FailPointEntry> ReadFailPoints(const std::string& user) {
  std::vector<FailPointEntry> points;
  if (!failpoint::kEnabled) return points;
  std::ifstream file(FAIL_POINTS_FILE);
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line[0] == '#') continue;
    std::istringstream words(line);
    FailPointEntry point;
    std::string users;
    words >> point.name >> users >> point.passings_max;
    if (("," + users + ",").find("," + user + ",") != std::string::npos) points.push_back(point);
  }
  CHECK(!points.empty()) << FAIL_POINTS_FILE;
  return points;
}

}  // namespace pavane::testing
