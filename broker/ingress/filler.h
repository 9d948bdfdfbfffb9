#ifndef PAVANE_INGRESS_FILLER_H_
#define PAVANE_INGRESS_FILLER_H_

#include <atomic>
#include <cstdint>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/btree_map.h"
#include "absl/status/status.h"
#include "absl/time/time.h"

#include "base/clock.h"
#include "base/mutex.h"
#include "ingress/gate.h"
#include "ingress/rule_book.h"
#include "ingress/worker.h"
#include "store/log.h"
#include "store/writer.h"

namespace pavane::ingress {

/// Most deliveries of a target on its timer, filled ones and those that failed, beyond which
/// nothing is filled in.
inline constexpr int64_t kFilledMax = 1'000;

/// Fills targets with a start position in the past: on a thread of its own it reads their bus from
/// there up to the event before which the target was made, matches with the pattern that the
/// target's rule has by then, and puts a bounded number of deliveries and the place where it goes
/// on in one commit. So none is left out or made twice, whatever happens. It goes on when half of
/// them are settled, so neither memory nor disk holds more.
///
/// A disabled rule waits; a deleted target ends. Events that retention has taken are passed over.
class Filler final : public Worker {
 public:
  /// All references outlive the object.
  Filler(const RuleBook& rules, const Gate& gate, const store::Log& log, store::Writer& writer,
         Clock& clock);
  ~Filler() override { Stop(); }

  /// Reads what is to be filled. Before the writer starts.
  absl::Status Load() ABSL_LOCKS_EXCLUDED(mu_);

  /// Writer thread, for each commit.
  void OnCommit(const store::CommitRecord& commit) ABSL_LOCKS_EXCLUDED(mu_);

  /// Events that are still to be looked at for the target.
  uint64_t EventsLeft(TargetId target) const ABSL_LOCKS_EXCLUDED(mu_);
  /// Rises when deliveries are being filled in and again when they are: a low-water mark taken in
  /// between may not know of their events yet.
  uint64_t fills() const { return fills_.load(std::memory_order_acquire); }

 private:
  class FillTransaction;
  struct Batch;
  struct Progress {
    store::FillRecord fill;
    int64_t on_timer = 0;         // deliveries of the target there
    CatalogVersion from_version;  // waits for a catalog that new: the rule is disabled
  };

  /// Whether some target can be filled: `next_` is the next one in turn.
  bool HasWork(absl::Duration* wait) override ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  absl::Status DoSome() override ABSL_LOCKS_EXCLUDED(mu_);
  absl::Status Find(const store::FillRecord& fill, size_t deliveries_max, Batch& batch) const;

  const RuleBook& rules_;
  const store::Log& log_;
  std::atomic<uint64_t> fills_{0};

  absl::btree_map<TargetId, Progress> targets_ ABSL_GUARDED_BY(mu_);
  Progress next_ ABSL_GUARDED_BY(mu_);
  CatalogVersion catalog_version_ ABSL_GUARDED_BY(mu_);
};

}  // namespace pavane::ingress

#endif  // PAVANE_INGRESS_FILLER_H_
