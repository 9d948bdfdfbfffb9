// Everything that can be set about the broker, as one plain value.
//
// The initial value of each member is the default. `config/keys.h` holds the table with the name,
// the bounds and the sentence of each key; the file, the environment, the flags and
// docs/configuration.md are made from that table. A `Config` is made once at start, by
// `ParseConfig`, and does not change while the broker runs.
//
// Sizes are in bytes and end in `_bytes` or `_bytes_max`; other numbers are counts.
#ifndef PAVANE_CONFIG_CONFIG_H_
#define PAVANE_CONFIG_CONFIG_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/time/time.h"

#include "base/log.h"

namespace pavane::config {

// What must hold before a publish or a settlement is answered.
enum class Durability {
  kFsync,  // the write-ahead log is synced
  kOs,     // it is written, and survives the process but not the machine
};

struct GrpcConfig {
  // "host:port" (port 0: any free one) or "unix:PATH".
  std::vector<std::string> listen = {"127.0.0.1:7440"};
};

struct HttpConfig {
  // "host:port" (port 0: any free one); empty: no HTTP door.
  std::string listen = "127.0.0.1:7441";
};

struct LimitsConfig {
  uint64_t event_bytes_max = 1 << 20;
  uint64_t batch_entries_max = 1'000;
  uint64_t batch_bytes_max = 4 << 20;
  uint64_t pattern_length_max = 4'096;
  uint64_t match_steps_max = 1'000'000;  // work budget of one rule against one event
  uint64_t streams_max = 10'000;
  uint64_t buses_max = 1'000;
  uint64_t rules_max = 200'000;
};

struct StoreConfig {
  uint64_t queue_entries_max = 65'536;   // waiting for the writer
  uint64_t queue_bytes_max = 64 << 20;   // waiting for the writer
  uint64_t commit_bytes_max = 4 << 20;   // one commit record
  uint64_t tail_cache_bytes = 64 << 20;  // newest blocks kept in memory
  absl::Duration checkpoint_interval = absl::Seconds(5);
  uint64_t disk_floor_soft_bytes = 1ull << 30;    // below: publishes refused
  uint64_t disk_floor_soft_percent = 5;           // of the file system; the larger of both holds
  uint64_t disk_floor_hard_bytes = 256ull << 20;  // below: settlements with emits refused as well
};

struct DeliveryConfig {
  absl::Duration lease_default = absl::Seconds(30);
  absl::Duration lease_max = absl::Hours(12);
  absl::Duration resume_window = absl::Seconds(5);
  uint64_t window_max = 10'000;          // entries in memory per target
  uint64_t in_flight_max = 10'000;       // leased deliveries per target
  uint64_t session_credit_max = 10'000;  // messages one stream may ask for ahead
  uint64_t session_credit_bytes_max = 64 << 20;
  absl::Duration answers_window = absl::Minutes(10);  // repeated settlements get the same answer
  uint64_t answers_max = 1'000'000;
};

// What a target gets that says nothing itself.
struct RetryConfig {
  uint64_t retries_max = 185;
  absl::Duration age_max = absl::Hours(24);
  absl::Duration backoff_initial = absl::Seconds(1);
  double backoff_factor = 2;
  absl::Duration backoff_max = absl::Minutes(10);
};

struct RetentionConfig {
  absl::Duration default_age = absl::Hours(7 * 24);  // key `retention.default`
  absl::Duration dead_letters = absl::Hours(14 * 24);
  uint64_t dead_letters_max = 1'000'000;  // per target
};

struct DedupConfig {
  absl::Duration window = absl::Minutes(10);
  uint64_t ids_max = 1'000'000;  // per bus
};

struct DrainConfig {
  absl::Duration timeout = absl::Seconds(20);
};

struct MetricsConfig {
  uint64_t targets_max = 1'000;  // further ones are summed under `_other`
};

struct LogConfig {
  LogLevel level = LogLevel::kInfo;
  LogFormat format = LogFormat::kText;
};

// A service plugin that the broker starts and supervises.
struct PluginConfig {
  std::string name;
  std::vector<std::string> command;
  std::map<std::string, std::string> environment;
  std::string working_dir;  // empty: the broker's own

  friend bool operator==(const PluginConfig&, const PluginConfig&) = default;
};

struct Config {
  std::string data_dir = "./pavane-data";
  bool insecure = false;   // needed for listening beyond loopback while nothing authenticates
  std::string ports_file;  // after start: {"grpc":"host:port","http":"host:port","pid":N}
  Durability durability = Durability::kFsync;
  GrpcConfig grpc;
  HttpConfig http;
  LimitsConfig limits;
  StoreConfig store;
  DeliveryConfig delivery;
  RetryConfig retry;
  RetentionConfig retention;
  DedupConfig dedup;
  DrainConfig drain;
  MetricsConfig metrics;
  LogConfig log;
  std::vector<PluginConfig> plugins;
};

}  // namespace pavane::config

#endif  // PAVANE_CONFIG_CONFIG_H_
