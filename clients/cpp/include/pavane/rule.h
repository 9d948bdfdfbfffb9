#ifndef PAVANE_CLIENTS_CPP_RULE_H_
#define PAVANE_CLIENTS_CPP_RULE_H_

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace pavane {
inline namespace client {

// When and how often a failed delivery is tried again. What is absent is the broker's default.
struct RetryPolicy {
  // Retries after the first attempt, 0 to 185. Default: 185.
  std::optional<uint32_t> retries_max = {};
  // From the broker's acceptance of the event. Default: 24 h.
  std::optional<std::chrono::milliseconds> age_max = {};
  // Default: 1 s.
  std::optional<std::chrono::milliseconds> backoff_initial = {};
  // Default: 2.
  std::optional<double> backoff_factor = {};
  // Default: 10 min.
  std::optional<std::chrono::milliseconds> backoff_max = {};
  // Codes of Nack that go straight to the dead letters.
  std::vector<std::string> non_retryable_codes = {};
};

// A rule that a service brings along. What is absent is the default.
struct RuleOptions {
  // Name within the service; on the bus it is `SERVICE/NAME`. Empty: the event type.
  std::string name = {};
  // EventBridge pattern. Empty: {"detail-type": [TYPE]}.
  std::string pattern = {};
  // Empty: `default`.
  std::string bus = {};
  std::string description = {};
  RetryPolicy retry = {};
  // How long an attempt may take before it is extended or comes again, 1 s to 12 h. The library
  // extends by itself.
  std::optional<std::chrono::milliseconds> lease = {};
  // Most unsettled attempts at one time over all instances. 0: the broker's default.
  uint32_t in_flight_max = 0;
  // No dead letters: loss is only counted and logged.
  bool dead_letters_disabled = false;
  // Lives with this connection only, starts at latest, collects nothing while the service is away.
  bool ephemeral = false;
};

}  // namespace client
}  // namespace pavane

#endif  // PAVANE_CLIENTS_CPP_RULE_H_
