#include "config/validate.h"

#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

#include "base/status_macros.h"
#include "config/listen_address.h"

namespace pavane::config {
namespace {

absl::Status Refuse(absl::string_view message) { return absl::InvalidArgumentError(message); }

absl::Status ValidateAddress(absl::string_view key, absl::string_view text, bool insecure) {
  absl::StatusOr<ListenAddress> address = ParseListenAddress(text);
  if (!address.ok()) return Annotate(address.status(), key);
  if (address->is_loopback() || insecure) return absl::OkStatus();
  return Refuse(absl::StrCat(key, ": ", text,
                             " can be reached from other machines, and nothing authenticates yet; "
                             "add --insecure if the network is trusted"));
}

absl::Status ValidateDoors(const Config& config) {
  if (config.grpc.listen.empty()) return Refuse("grpc.listen: at least one address is needed");
  for (const std::string& address : config.grpc.listen) {
    RETURN_IF_ERROR(ValidateAddress("grpc.listen", address, config.insecure));
  }
  if (config.http.listen.empty()) return absl::OkStatus();
  RETURN_IF_ERROR(ValidateAddress("http.listen", config.http.listen, config.insecure));
  ListenAddress http = *ParseListenAddress(config.http.listen);
  if (http.is_unix()) return Refuse("http.listen: a unix socket is not supported here");
  // The distribution builds civetweb without it.
  if (absl::StrContains(http.host, ':')) return Refuse("http.listen: IPv6 is not supported here");
  return absl::OkStatus();
}

absl::Status ValidateOrder(const Config& config) {
  if (config.limits.event_bytes_max > config.limits.batch_bytes_max) {
    return Refuse("limits.event_bytes_max must not be above limits.batch_bytes_max");
  }
  if (config.limits.event_bytes_max > config.store.commit_bytes_max) {
    return Refuse("limits.event_bytes_max must not be above store.commit_bytes_max");
  }
  if (config.store.commit_bytes_max > config.store.queue_bytes_max) {
    return Refuse("store.commit_bytes_max must not be above store.queue_bytes_max");
  }
  if (config.store.disk_floor_hard_bytes > config.store.disk_floor_soft_bytes) {
    return Refuse("store.disk_floor_hard must not be above store.disk_floor_soft");
  }
  if (config.delivery.lease_default > config.delivery.lease_max) {
    return Refuse("delivery.lease_default must not be above delivery.lease_max");
  }
  if (config.retry.backoff_initial > config.retry.backoff_max) {
    return Refuse("retry.backoff_initial must not be above retry.backoff_max");
  }
  return absl::OkStatus();
}

// The name is also the name of a lock file and a label.
bool IsPluginName(absl::string_view name) {
  if (name.empty() || name.size() > 64 || name[0] == '.') return false;
  for (char c : name) {
    if (!absl::ascii_isalnum(c) && c != '-' && c != '_' && c != '.') return false;
  }
  return true;
}

absl::Status ValidatePlugins(const Config& config) {
  std::set<std::string> names;
  for (const PluginConfig& plugin : config.plugins) {
    if (!IsPluginName(plugin.name)) {
      return Refuse(absl::StrCat("plugins: name '", plugin.name,
                                 "': expected 1 to 64 letters, digits, '-', '_' or '.'"));
    }
    if (!names.insert(plugin.name).second) {
      return Refuse(absl::StrCat("plugins: name '", plugin.name, "' is used twice"));
    }
    if (plugin.command.empty() || plugin.command[0].empty()) {
      return Refuse(absl::StrCat("plugins: ", plugin.name, ": command is empty"));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status Validate(const Config& config) {
  if (config.data_dir.empty()) return Refuse("data_dir: must not be empty");
  RETURN_IF_ERROR(ValidateDoors(config));
  RETURN_IF_ERROR(ValidateOrder(config));
  return ValidatePlugins(config);
}

}  // namespace pavane::config
