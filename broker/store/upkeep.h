#ifndef PAVANE_STORE_UPKEEP_H_
#define PAVANE_STORE_UPKEEP_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "rocksdb/write_batch.h"

#include "base/mutex.h"
#include "base/thread.h"
#include "store/database.h"

namespace pavane::store {

/// One record to put, or to delete.
struct UpkeepWrite {
  Family family;
  std::string key;
  std::string value;
  bool deletes = false;
};

/// A piece of work beside the log that makes the store smaller or faster and loses nothing when it
/// is not done: sealing identities into a segment, merging small blocks or runs.
class UpkeepJob {
 public:
  virtual ~UpkeepJob() = default;

  /// On the upkeep thread, from what no other thread changes: fills `writes`.
  virtual absl::Status Compute() = 0;
  /// On the writer thread, before the first write: false drops the job, what it was made from has
  /// changed.
  virtual bool StillValid() { return true; }
  /// On the writer thread, after all writes were written.
  virtual void Applied() = 0;
  /// Its writes are one step, or may be spread over several commits in their order.
  virtual bool atomic() const { return true; }

  std::vector<UpkeepWrite> writes;
};

/// The upkeep thread, and the way of its results into the store: the writer thread adds them to the
/// commits that it writes anyway, a bounded piece each, so that upkeep costs no write or sync of
/// its own and never delays a commit for long. Without commits the results wait; there is no hurry.
class Upkeep {
 public:
  Upkeep();
  ~Upkeep();
  Upkeep(const Upkeep&) = delete;
  Upkeep& operator=(const Upkeep&) = delete;

  // ---- writer thread
  void Submit(std::unique_ptr<UpkeepJob> job) ABSL_LOCKS_EXCLUDED(mu_);
  /// Jobs submitted and not yet applied.
  size_t open() const { return open_; }
  /// Adds finished work to the batch, about `bytes_max` or one step. The error of a job that could
  /// not read the store.
  absl::Status AddTo(const Database& database, rocksdb::WriteBatch& batch, size_t bytes_max)
      ABSL_LOCKS_EXCLUDED(mu_);
  /// The batch that AddTo added to is written.
  void Written();
  /// Waits until all jobs submitted are computed.
  void AwaitComputed() ABSL_LOCKS_EXCLUDED(mu_);

 private:
  using Jobs = std::deque<std::unique_ptr<UpkeepJob>>;

  void Run() ABSL_LOCKS_EXCLUDED(mu_);
  void TakeComputed() ABSL_LOCKS_EXCLUDED(mu_);

  // Writer thread only.
  size_t open_ = 0;
  Jobs ready_;             // computed
  size_t next_write_ = 0;  // of ready_.front()
  Jobs added_;             // whole, to a batch that is not yet written

  Mutex mu_;
  CondVar changed_;
  Jobs waiting_ ABSL_GUARDED_BY(mu_);
  Jobs computed_ ABSL_GUARDED_BY(mu_);
  absl::Status failure_ ABSL_GUARDED_BY(mu_);
  bool computing_ ABSL_GUARDED_BY(mu_) = false;
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;

  Thread thread_;
};

}  // namespace pavane::store

#endif  // PAVANE_STORE_UPKEEP_H_
