// Where values come from, weakest first: defaults, file, environment, flags. Each Apply function
// lays one source over what is there.
#ifndef PAVANE_CONFIG_SOURCES_H_
#define PAVANE_CONFIG_SOURCES_H_

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

#include "config/config.h"

namespace pavane::config {

// A configuration in the making.
struct Draft {
  Config config;
  // By key: which source set it, for people ("flag --http.listen"). Absent: the default holds.
  std::map<std::string, std::string> origins;
  std::vector<std::string> warnings;
};

// The text of a YAML file; `path` is for messages. An unknown key is an error.
absl::Status ApplyYaml(absl::string_view text, absl::string_view path, Draft& draft);

// `environment` ends with a null pointer. An unknown PAVANE_ variable is a warning, since
// schedulers such as Kubernetes inject some.
absl::Status ApplyEnvironment(const char* const* environment, Draft& draft);

// (key, text) as the command line gave them, last one wins.
absl::Status ApplyFlags(const std::vector<std::pair<std::string, std::string>>& flags,
                        Draft& draft);

}  // namespace pavane::config

#endif  // PAVANE_CONFIG_SOURCES_H_
