#ifndef PAVANE_DELIVERY_UNSETTLED_COUNTS_H_
#define PAVANE_DELIVERY_UNSETTLED_COUNTS_H_

#include <cstdint>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"

#include "base/ids.h"
#include "base/mutex.h"
#include "store/commit_record.h"

namespace pavane::delivery {

/// How many deliveries of each target are not settled for good, exact in commit order: the writer
/// thread applies each commit before the next is prepared. Any thread may read.
class UnsettledCounts {
 public:
  void Set(TargetId target, uint64_t count) ABSL_LOCKS_EXCLUDED(mu_);
  void Apply(const store::CommitRecord& commit) ABSL_LOCKS_EXCLUDED(mu_);
  uint64_t Get(TargetId target) const ABSL_LOCKS_EXCLUDED(mu_);

 private:
  mutable Mutex mu_;
  absl::flat_hash_map<TargetId, uint64_t> counts_ ABSL_GUARDED_BY(mu_);
};

/// Whether the settlement ends the delivery.
bool EndsDelivery(store::Outcome outcome);

}  // namespace pavane::delivery

#endif  // PAVANE_DELIVERY_UNSETTLED_COUNTS_H_
