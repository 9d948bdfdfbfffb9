// Turns the samples of targets into families with a bounded number of series.
//
// Each of the first `targets_max` targets has twelve series of its own, at zero from the start:
// FailedInvocations, six reasons of pavane_failed_invocations_total, invocations, attempts,
// retries, successes and the queue depth. All further targets of a bus are summed under
// rule="_other", target="_other". In-flight deliveries and the oldest age are per rule, a few sums
// per bus.
//
// A target stays where it was first put until it is deleted, and sums keep what deleted targets
// added, so that no counter falls while the broker runs.
#ifndef PAVANE_METRICS_TARGET_COLLECTOR_H_
#define PAVANE_METRICS_TARGET_COLLECTOR_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"

#include "base/ids.h"
#include "base/mutex.h"
#include "metrics/registry.h"
#include "metrics/target_sample.h"
#include "metrics/text_writer.h"

namespace pavane::metrics {

// Any thread; scrapes take turns.
class TargetCollector {
 public:
  // What `source` reads must outlive the last call of Write.
  TargetCollector(TargetSource source, uint64_t targets_max)
      : source_(std::move(source)), targets_max_(targets_max) {}

  // One scrape: asks the source and writes all families.
  void Write(TextWriter& out) ABSL_LOCKS_EXCLUDED(mu_);

 private:
  // A target as of the last scrape.
  struct Known {
    std::string bus;
    bool own_series = false;
    uint64_t scrape = 0;
    TargetCounts counts;
  };
  // What deleted targets of a bus had counted.
  struct Retired {
    TargetCounts all;
    TargetCounts other;  // the part that was in `_other`
  };
  struct Series;
  struct RuleSeries;
  struct BusSeries;
  struct Page;

  void Learn(const DeliverySample& sample) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void RetireVanished() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  Page Arrange(const DeliverySample& sample) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  const TargetSource source_;
  const uint64_t targets_max_;

  Mutex mu_;
  uint64_t scrape_ ABSL_GUARDED_BY(mu_) = 0;
  uint64_t own_series_count_ ABSL_GUARDED_BY(mu_) = 0;
  absl::flat_hash_map<TargetId, Known> known_ ABSL_GUARDED_BY(mu_);
  std::map<std::string, Retired> retired_ ABSL_GUARDED_BY(mu_);
};

}  // namespace pavane::metrics

#endif  // PAVANE_METRICS_TARGET_COLLECTOR_H_
