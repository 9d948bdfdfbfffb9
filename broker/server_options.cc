#include "server_options.h"

#include <sys/statvfs.h>

#include <algorithm>
#include <cstdint>

#include "absl/time/time.h"

#include "event/duration.h"

namespace pavane {
namespace {

// What all rules may cost together, to the budget of one.
constexpr uint64_t kMatchWorkPerStep = 20;

uint64_t SoftFloorBytes(const config::Config& config) {
  struct statvfs figures;
  uint64_t percent = 0;
  if (statvfs(config.data_dir.c_str(), &figures) == 0) {
    percent = static_cast<uint64_t>(figures.f_blocks) * figures.f_frsize / 100 *
              config.store.disk_floor_soft_percent;
  }
  return std::max(config.store.disk_floor_soft_bytes, percent);
}

}  // namespace

store::Log::Options LogOptionsOf(const config::Config& config, metrics::BrokerMetrics& metrics) {
  store::Log::Options options;
  options.directory = config.data_dir;
  options.durability = config.durability == config::Durability::kFsync ? store::Durability::kFsync
                                                                       : store::Durability::kOs;
  options.tail_cache_bytes = config.store.tail_cache_bytes;
  options.on_sync = [&metrics](absl::Duration took) { metrics.fsync_seconds.Observe(took); };
  return options;
}

delivery::Dispatcher::Options DispatcherOptionsOf(const config::Config& config) {
  delivery::Dispatcher::Options options;
  options.lease_default = config.delivery.lease_default;
  options.lease_max = config.delivery.lease_max;
  options.resume_window = config.delivery.resume_window;
  options.window_max = config.delivery.window_max;
  options.in_flight_max = static_cast<uint32_t>(config.delivery.in_flight_max);
  options.session_credit_max = static_cast<uint32_t>(config.delivery.session_credit_max);
  options.session_credit_bytes_max = config.delivery.session_credit_bytes_max;
  options.answers_window = config.delivery.answers_window;
  options.answers_max = config.delivery.answers_max;
  options.checkpoint_interval = config.store.checkpoint_interval;
  pavane::v1::RetryPolicy& retry = options.retry_defaults;
  retry.set_retries_max(static_cast<uint32_t>(config.retry.retries_max));
  retry.set_backoff_factor(config.retry.backoff_factor);
  event::SetDuration(config.retry.age_max, retry.mutable_age_max());
  event::SetDuration(config.retry.backoff_initial, retry.mutable_backoff_initial());
  event::SetDuration(config.retry.backoff_max, retry.mutable_backoff_max());
  return options;
}

store::Writer::Options WriterOptionsOf(const config::Config& config) {
  store::Writer::Options options;
  options.queue_entries_max = config.store.queue_entries_max;
  options.queue_bytes_max = config.store.queue_bytes_max;
  options.commit_bytes_max = config.store.commit_bytes_max;
  options.dedup.window_us = absl::ToInt64Microseconds(config.dedup.window);
  options.dedup.ids_max = config.dedup.ids_max;
  options.soft_floor_bytes = SoftFloorBytes(config);
  options.hard_floor_bytes = config.store.disk_floor_hard_bytes;
  return options;
}

ingress::RuleBook::Options RuleBookOptionsOf(const config::Config& config) {
  ingress::RuleBook::Options options;
  options.matcher.steps_max = config.limits.match_steps_max;
  options.matcher.work_max = kMatchWorkPerStep * config.limits.match_steps_max;
  options.pattern.length_max = config.limits.pattern_length_max;
  return options;
}

}  // namespace pavane
