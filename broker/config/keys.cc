#include "config/keys.h"

#include <limits>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

#include "base/edit_distance.h"
#include "config/retry_bounds.h"

namespace pavane::config {
namespace {

constexpr uint64_t kKi = 1 << 10, kMi = 1 << 20, kGi = 1 << 30;
constexpr uint64_t kTi = kGi << 10;
constexpr absl::Duration kDay = absl::Hours(24);
constexpr absl::Duration kYear = absl::Hours(365 * 24);

Field Integer(uint64_t& value, uint64_t min, uint64_t max) {
  return IntegerField{&value, min, max};
}
Field Size(uint64_t& value, uint64_t min, uint64_t max) { return SizeField{&value, min, max}; }
Field Number(double& value, double min, double max) { return NumberField{&value, min, max}; }
Field Time(absl::Duration& value, absl::Duration min, absl::Duration max) {
  return DurationField{&value, min, max};
}

const Key kKeys[] = {
    {"data_dir", "Folder of the store and of plugin locks; made if it is missing.",
     [](Config& c) -> Field { return &c.data_dir; }},
    {"insecure",
     "Allow listening beyond this machine although nothing authenticates or encrypts yet.",
     [](Config& c) -> Field { return &c.insecure; }},
    {"ports_file",
     "File to write {\"grpc\":\"host:port\",\"http\":\"host:port\",\"pid\":N} to once all doors "
     "are "
     "open.",
     [](Config& c) -> Field { return &c.ports_file; }},
    {"durability",
     "What holds before an answer: `fsync`: synced to disk; `os`: written, lost with the machine.",
     [](Config& c) -> Field { return &c.durability; }},
    {"plugins", "Programs to start and supervise; see below.",
     [](Config& c) -> Field { return &c.plugins; }},

    {"grpc.listen", "Addresses of the gRPC door: host:port (port 0: any free one) or unix:PATH.",
     [](Config& c) -> Field { return &c.grpc.listen; }},

    {"http.listen",
     "Address of the HTTP door (metrics, health): IPv4 host:port (port 0: any free one). Empty: "
     "none.",
     [](Config& c) -> Field { return &c.http.listen; }},

    {"limits.event_bytes_max", "Largest event.",
     [](Config& c) { return Size(c.limits.event_bytes_max, kKi, 64 * kMi); }},
    {"limits.batch_entries_max", "Most events in one publish.",
     [](Config& c) { return Integer(c.limits.batch_entries_max, 1, 100'000); }},
    {"limits.batch_bytes_max", "Most bytes in one publish.",
     [](Config& c) { return Size(c.limits.batch_bytes_max, kKi, kGi); }},
    {"limits.pattern_length_max", "Longest pattern of a rule, in characters.",
     [](Config& c) { return Integer(c.limits.pattern_length_max, 1, 1'000'000); }},
    {"limits.match_steps_max",
     "Work budget of matching one event with one rule; beyond it the event is refused.",
     [](Config& c) { return Integer(c.limits.match_steps_max, 1'000, 1'000'000'000); }},
    {"limits.streams_max", "Most connected streams.",
     [](Config& c) { return Integer(c.limits.streams_max, 1, 1'000'000); }},
    {"limits.buses_max", "Most buses.",
     [](Config& c) { return Integer(c.limits.buses_max, 1, 1'000'000); }},
    {"limits.rules_max", "Most rules on all buses.",
     [](Config& c) { return Integer(c.limits.rules_max, 1, 10'000'000); }},

    {"store.queue_entries_max", "Most transactions that wait for the writer.",
     [](Config& c) { return Integer(c.store.queue_entries_max, 16, 100'000'000); }},
    {"store.queue_bytes_max", "Most bytes that wait for the writer.",
     [](Config& c) { return Size(c.store.queue_bytes_max, kMi, 64 * kGi); }},
    {"store.commit_bytes_max", "Largest commit record.",
     [](Config& c) { return Size(c.store.commit_bytes_max, 64 * kKi, kGi); }},
    {"store.tail_cache_bytes",
     "Memory for the newest events, from which fresh deliveries are served.",
     [](Config& c) { return Size(c.store.tail_cache_bytes, 0, kTi); }},
    {"store.checkpoint_interval", "How often the progress of targets is written down.",
     [](Config& c) {
       return Time(c.store.checkpoint_interval, absl::Milliseconds(100), absl::Hours(1));
     }},
    {"store.disk_floor_soft", "Free space below which publishes are refused.",
     [](Config& c) { return Size(c.store.disk_floor_soft_bytes, 0, 1024 * kTi); }},
    {"store.disk_floor_soft_percent",
     "The same as a share of the file system, in percent; the larger of both holds.",
     [](Config& c) { return Integer(c.store.disk_floor_soft_percent, 0, 90); }},
    {"store.disk_floor_hard", "Free space below which settlements with emits are refused as well.",
     [](Config& c) { return Size(c.store.disk_floor_hard_bytes, 0, 1024 * kTi); }},

    {"delivery.lease_default", "Time to settle a delivery if the service does not say.",
     [](Config& c) {
       return Time(c.delivery.lease_default, absl::Milliseconds(100), absl::Hours(12));
     }},
    {"delivery.lease_max", "Longest lease a service may ask for at once.",
     [](Config& c) { return Time(c.delivery.lease_max, absl::Seconds(1), 7 * kDay); }},
    {"delivery.resume_window", "How long a broken stream keeps its leases for a resume.",
     [](Config& c) {
       return Time(c.delivery.resume_window, absl::ZeroDuration(), absl::Minutes(10));
     }},
    {"delivery.window_max", "Most queue entries per target in memory; the others are on disk.",
     [](Config& c) { return Integer(c.delivery.window_max, 16, 10'000'000); }},
    {"delivery.in_flight_max", "Most leased deliveries per target.",
     [](Config& c) { return Integer(c.delivery.in_flight_max, 1, 10'000'000); }},
    {"delivery.session_credit_max", "Most deliveries one stream may ask for ahead.",
     [](Config& c) { return Integer(c.delivery.session_credit_max, 1, 10'000'000); }},
    {"delivery.session_credit_bytes_max", "Most bytes one stream may ask for ahead.",
     [](Config& c) { return Size(c.delivery.session_credit_bytes_max, kMi, 64 * kGi); }},
    {"delivery.answers_window", "How long a repeated settlement gets the same answer again.",
     [](Config& c) { return Time(c.delivery.answers_window, absl::Seconds(1), kDay); }},
    {"delivery.answers_max", "Most settlements remembered for that.",
     [](Config& c) { return Integer(c.delivery.answers_max, 1'000, 1'000'000'000); }},

    {"retry.retries_max", "Retries after the first attempt.",
     [](Config& c) { return Integer(c.retry.retries_max, 0, kRetriesMax); }},
    {"retry.age_max", "Age at which a delivery is given up.",
     [](Config& c) { return Time(c.retry.age_max, absl::Seconds(1), kAgeMax); }},
    {"retry.backoff_initial", "Wait before the first retry.",
     [](Config& c) { return Time(c.retry.backoff_initial, absl::Milliseconds(1), kBackoffMax); }},
    {"retry.backoff_factor", "By what each wait is longer than the one before.",
     [](Config& c) { return Number(c.retry.backoff_factor, 1, kBackoffFactorMax); }},
    {"retry.backoff_max", "Longest wait.",
     [](Config& c) { return Time(c.retry.backoff_max, absl::Milliseconds(1), kBackoffMax); }},

    {"retention.default", "How long a bus keeps events if it does not say.",
     [](Config& c) { return Time(c.retention.default_age, absl::Seconds(1), 100 * kYear); }},
    {"retention.dead_letters", "How long dead letters are kept.",
     [](Config& c) { return Time(c.retention.dead_letters, absl::Seconds(1), 100 * kYear); }},
    {"retention.dead_letters_max", "Most dead letters kept per target; the oldest go first.",
     [](Config& c) { return Integer(c.retention.dead_letters_max, 1, 1'000'000'000); }},

    {"dedup.window", "How long a bus remembers (source, id) of an event if it does not say.",
     [](Config& c) { return Time(c.dedup.window, absl::ZeroDuration(), 30 * kDay); }},
    {"dedup.ids_max", "Most events a bus remembers for that if it does not say.",
     [](Config& c) { return Integer(c.dedup.ids_max, 0, 10'000'000); }},

    {"drain.timeout", "How long SIGTERM waits for settlements.",
     [](Config& c) { return Time(c.drain.timeout, absl::ZeroDuration(), absl::Hours(24)); }},

    {"metrics.targets_max",
     "Targets with series of their own; further ones are summed as `_other`.",
     [](Config& c) { return Integer(c.metrics.targets_max, 0, 1'000'000); }},

    {"log.level", "Least important lines to write.",
     [](Config& c) -> Field { return &c.log.level; }},
    {"log.format", "Form of a line.", [](Config& c) -> Field { return &c.log.format; }},
};

}  // namespace

absl::string_view Key::section() const {
  size_t dot = name.find('.');
  return dot == absl::string_view::npos ? absl::string_view() : name.substr(0, dot);
}

std::string Key::variable() const {
  return absl::StrCat("PAVANE_", absl::AsciiStrToUpper(absl::StrReplaceAll(name, {{".", "__"}})));
}

absl::Span<const Key> Keys() { return kKeys; }

const Key* FindKey(absl::string_view name) {
  for (const Key& key : kKeys) {
    if (key.name == name) return &key;
  }
  return nullptr;
}

bool IsSection(absl::string_view name) {
  for (const Key& key : kKeys) {
    if (!name.empty() && key.section() == name) return true;
  }
  return false;
}

std::optional<std::string> NearestKey(absl::string_view name) {
  std::vector<std::string> names;
  for (const Key& key : kKeys) {
    names.emplace_back(key.name);
    if (!absl::StrContains(name, '.')) names.emplace_back(key.section());
  }
  std::optional<std::string> nearest = NearestName(name, names);
  // "event_bytes_max" is far from "limits.event_bytes_max" in edits, but what was meant is clear.
  for (const Key& key : kKeys) {
    if (nearest) break;
    size_t dot = key.name.find('.');
    if (dot == absl::string_view::npos) continue;
    size_t own_dot = name.rfind('.');
    absl::string_view last = own_dot == absl::string_view::npos ? name : name.substr(own_dot + 1);
    if (key.name.substr(dot + 1) == last) nearest = std::string(key.name);
  }
  return nearest;
}

}  // namespace pavane::config
