#ifndef PAVANE_STORE_WRITER_H_
#define PAVANE_STORE_WRITER_H_

#include <functional>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"

#include "base/clock.h"
#include "base/ids.h"
#include "store/commit_record.h"
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
/// sync, tells the observer, then completes the transactions in order. Under low load a transaction
/// is committed at once; under high load groups grow by themselves.
///
/// After a failed append it stops for good: every transaction completes with an error and
/// `on_failure` is called once.
class Writer {
 public:
  struct Options {
    size_t queue_entries_max = 65536;
    size_t queue_bytes_max = 64 << 20;
    /// Share of the queue that only reserved transactions may use.
    double reserved_share = 0.25;
    size_t commit_bytes_max = 4 << 20;
    size_t commit_entries_max = 4096;
    /// Default de-duplication of buses without SetDedupPolicy.
    DedupWindow::Policy dedup;
  };
  struct Observers {
    CommitObserver* commits = nullptr;  // may be null
    std::function<void(const absl::Status&)> on_failure;
    /// Group size in transactions, append time; may be empty.
    std::function<void(size_t transactions, absl::Duration append)> on_append;
  };

  /// `log` and `clock` must outlive the writer. Reads last sequences and dedup windows from the
  /// log.
  static absl::StatusOr<std::unique_ptr<Writer>> Create(Log& log, Clock& clock, Options options,
                                                        Observers observers);
  ~Writer();

  /// Starts the thread. Before it nothing is committed; submitted transactions wait.
  void Start();
  /// Takes no more, commits what waits, ends the thread. Idempotent.
  void Stop();

  /// Hands over; false when the queue is full or stopped: then the transaction is untouched in
  /// `transaction` and Complete is not called.
  [[nodiscard]] bool Submit(std::unique_ptr<Transaction>& transaction);

  /// Transactions and bytes waiting.
  size_t queued() const;
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
