// The list of plugins as YAML:
//
//   - name: payment
//     command: [plugins/payment, --database, payment.db]
//     environment: {PAYMENT_LIMIT: "500"}
//     working_dir: /var/lib/pavane
#ifndef PAVANE_CONFIG_PLUGIN_YAML_H_
#define PAVANE_CONFIG_PLUGIN_YAML_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

#include "config/config.h"

namespace YAML {
class Node;
}

namespace pavane::config {

// May throw YAML::Exception.
absl::StatusOr<std::vector<PluginConfig>> ReadPlugins(const YAML::Node& node);

absl::StatusOr<std::vector<PluginConfig>> ParsePluginsYaml(absl::string_view text);
// In YAML's flow style, on one line, so that it also fits a flag.
std::string FormatPluginsYaml(const std::vector<PluginConfig>& plugins);

}  // namespace pavane::config

#endif  // PAVANE_CONFIG_PLUGIN_YAML_H_
