#ifndef PAVANE_TESTS_UNIT_CONFIG_PARSE_HELPER_H_
#define PAVANE_TESTS_UNIT_CONFIG_PARSE_HELPER_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"

#include "config/parse.h"

namespace pavane::config {

// ParseConfig with a program name in front and the null pointers behind.
inline absl::StatusOr<ParsedConfig> Parse(const std::vector<std::string>& flags,
                                          const std::vector<std::string>& environment = {}) {
  std::vector<const char*> argv = {"pavaned"}, variables;
  for (const std::string& flag : flags) argv.push_back(flag.c_str());
  argv.push_back(nullptr);
  for (const std::string& variable : environment) variables.push_back(variable.c_str());
  variables.push_back(nullptr);
  return ParseConfig(static_cast<int>(argv.size()) - 1, argv.data(), variables.data());
}

}  // namespace pavane::config

#endif  // PAVANE_TESTS_UNIT_CONFIG_PARSE_HELPER_H_
