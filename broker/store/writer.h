#ifndef PAVANE_STORE_WRITER_H_
#define PAVANE_STORE_WRITER_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

#include "absl/status/status.h"
#include "absl/time/time.h"

#include "base/clock.h"
#include "base/ids.h"
#include "store/commit_record.h"
#include "store/dedup_policy.h"
#include "store/log.h"
#include "store/transaction.h"

namespace pavane::store {

/// Sees every commit in order: live after it is durable, and at start while replaying. One
/// implementation keeps the target queues (delivery), so live and replay are one code path.
class CommitObserver {
 public:
  virtual ~CommitObserver() = default;
  /// Writer thread (or the starting thread while replaying). Must not block for long.
  virtual void OnCommit(const std::shared_ptr<const CommitRecord>& commit) = 0;
};

/// The one thread that writes the log: takes all that waits, builds one commit, appends it with one
/// sync, tells the observer, then completes the transactions. Those that only answer are completed
/// in order on a thread beside it while more work waits. Under low load a transaction is committed
/// at once; under high load groups grow by themselves, and lanes (Transaction::lane) take turns.
///
/// After a failed append it stops for good: `on_failure` is called once, with the error; then every
/// transaction of the group, waiting or to come completes with Unavailable. What the failed commit
/// held may or may not be on disk: the next start finds out.
class Writer {
 public:
  struct Options {
    size_t queue_entries_max = 65536;
    size_t queue_bytes_max = 64 << 20;
    /// Share of the queue that only reserved transactions may use.
    double reserved_share = 0.25;
    size_t commit_bytes_max = 4 << 20;
    size_t commit_entries_max = 4096;
    /// The same while several lanes have work waiting: others wait for no more than two of these.
    size_t shared_commit_bytes_max = 1 << 20;
    /// De-duplication of buses whose settings say nothing.
    DedupPolicy dedup;
    /// Free space below which publishes, and settlements with emits, are to be refused. 0: never.
    uint64_t soft_floor_bytes = 0;
    uint64_t hard_floor_bytes = 0;
    /// Free bytes of the disk; empty: the log's.
    std::function<uint64_t()> free_bytes;
  };
  struct Observers {
    CommitObserver* commits = nullptr;  // may be null
    std::function<void(const absl::Status&)> on_failure;
    /// Group size in transactions, append time; may be empty.
    std::function<void(size_t transactions, absl::Duration append)> on_append;
    /// A transaction found the queue full. Called by Submit, on its thread; may be empty.
    std::function<void()> on_full;
  };

  /// `log` and `clock` must outlive the writer. Reads last sequences and dedup windows from the
  /// log.
  static absl::StatusOr<std::unique_ptr<Writer>> Create(Log& log, Clock& clock, Options options,
                                                        Observers observers);
  ~Writer();

  /// Starts the thread. Before it nothing is committed; submitted transactions wait.
  void Start();
  /// Takes no more, commits what waits, ends the thread. Idempotent. If it was never started, what
  /// waits completes with Unavailable.
  void Stop();

  /// Hands over, from any thread; false when the queue is full or stopped: then the transaction is
  /// untouched in `transaction` and Complete is not called.
  [[nodiscard]] bool Submit(std::unique_ptr<Transaction>& transaction);

  /// Transactions not yet completed.
  size_t queued() const;
  /// Whether the disk is nearly full, refreshed once a second: for who accepts work to ask. The
  /// writer refuses nothing by itself.
  bool below_soft_floor() const;
  bool below_hard_floor() const;
  /// Last commit's recorded time.
  int64_t last_time_us() const;
  Position last_position() const;
  CatalogVersion catalog_version() const;

 private:
  class Impl;
  explicit Writer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace pavane::store

#endif  // PAVANE_STORE_WRITER_H_
