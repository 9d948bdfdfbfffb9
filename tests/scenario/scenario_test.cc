// Plays every *.scenario of this folder. With PAVANE_SCENARIO_UPDATE set it writes what came into
// the files instead: the change is then reviewed as a diff.
#include "tests/scenario/scenario.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/status_matchers.h"

namespace pavane::testing {
namespace {

std::vector<std::string> Names() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(PAVANE_SCENARIO_DIR)) {
    if (entry.path().extension() == ".scenario") names.push_back(entry.path().stem());
  }
  std::sort(names.begin(), names.end());
  return names;
}

class ScenarioTest : public ::testing::TestWithParam<std::string> {};

TEST_P(ScenarioTest, Plays) {
  const std::string path = PAVANE_SCENARIO_DIR + GetParam() + ".scenario";
  std::ifstream file(path);
  ASSERT_TRUE(file) << path;
  std::stringstream text;
  text << file.rdbuf();
  ASSERT_OK_AND_ASSIGN(const std::string came, Scenario().Run(text.str()));
  if (std::getenv("PAVANE_SCENARIO_UPDATE") != nullptr) {
    std::ofstream(path) << came;
    return;
  }
  EXPECT_EQ(came, text.str());
}

INSTANTIATE_TEST_SUITE_P(All, ScenarioTest, ::testing::ValuesIn(Names()),
                         [](const auto& name) { return name.param; });

}  // namespace
}  // namespace pavane::testing
