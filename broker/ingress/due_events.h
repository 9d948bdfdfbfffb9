#ifndef PAVANE_INGRESS_DUE_EVENTS_H_
#define PAVANE_INGRESS_DUE_EVENTS_H_

#include <cstdint>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/btree_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

#include "base/clock.h"
#include "base/mutex.h"
#include "ingress/gate.h"
#include "ingress/rule_book.h"
#include "ingress/worker.h"
#include "pavane/v1/publisher.pb.h"
#include "store/log.h"
#include "store/writer.h"

namespace pavane::ingress {

/// Most scheduled events that wait at one time, on all buses together.
inline constexpr size_t kScheduledEventsMax = 100'000;
/// How far ahead an event may be scheduled.
inline constexpr absl::Duration kDeliverAheadMax = absl::Hours(24 * 366);

/// The entry's deliver_at, UTC microseconds; 0 without one. INVALID_ATTRIBUTE when it is no time.
absl::StatusOr<int64_t> DueTime(const pavane::v1::PublishEntry& entry);
/// INVALID_ATTRIBUTE when the time is too far ahead, TOO_MANY when no further event may wait.
absl::Status CheckSchedule(const store::CommitBuilder& commit, int64_t due_us);

/// Appends scheduled events when they are due: on a thread of its own it waits for the first one,
/// and has a bounded number of them numbered, matched with the rules then in force, and appended,
/// each in the commit that takes it from the timer store. So none is lost or appended twice,
/// whatever happens. It knows their due times from the commits (some 24 bytes an event); events
/// stay on disk until then.
class DueEvents final : public Worker {
 public:
  /// All references outlive the object.
  DueEvents(const RuleBook& rules, const Gate& gate, const store::Log& log, store::Writer& writer,
            Clock& clock);
  ~DueEvents() override { Stop(); }

  /// Reads what waits. Before the writer starts.
  absl::Status Load() ABSL_LOCKS_EXCLUDED(mu_);

  /// Writer thread, for each commit.
  void OnCommit(const store::CommitRecord& commit) ABSL_LOCKS_EXCLUDED(mu_);

  size_t waiting() const ABSL_LOCKS_EXCLUDED(mu_);

 private:
  using Key = store::Log::ScheduledEventKey;

  bool HasWork(absl::Duration* wait) override ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  absl::Status DoSome() override ABSL_LOCKS_EXCLUDED(mu_);

  const RuleBook& rules_;
  const store::Log& log_;
  absl::btree_set<Key> waiting_ ABSL_GUARDED_BY(mu_);
};

}  // namespace pavane::ingress

#endif  // PAVANE_INGRESS_DUE_EVENTS_H_
