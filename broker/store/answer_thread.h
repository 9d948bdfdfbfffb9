#ifndef PAVANE_STORE_ANSWER_THREAD_H_
#define PAVANE_STORE_ANSWER_THREAD_H_

#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"

#include "base/mutex.h"
#include "base/thread.h"
#include "store/transaction.h"

namespace pavane::store {

/// Completes the transactions that only answer, beside the writer: answering 64 calls takes as long
/// as a sync, and the next sync need not wait for it. In order of the commits. What waits here
/// still counts in the writer's queue, which bounds it.
class AnswerThread {
 public:
  struct Answer {
    std::unique_ptr<Transaction> transaction;
    absl::Status status;
  };
  using Answers = std::vector<Answer>;
  /// A group is completed: so many transactions and bytes of the queue.
  using Done = std::function<void(size_t entries, size_t bytes)>;

  explicit AnswerThread(Done done) : done_(std::move(done)) {}
  ~AnswerThread() { Stop(); }
  AnswerThread(const AnswerThread&) = delete;
  AnswerThread& operator=(const AnswerThread&) = delete;

  void Start();
  /// Completes what waits and ends. Idempotent.
  void Stop() ABSL_LOCKS_EXCLUDED(mu_);

  /// Writer thread. `bytes`: of their group in the queue. `at_once`: nothing else is to be done, so
  /// they are completed here and now, unless earlier ones still wait: a change of threads costs
  /// more than it gains when only one caller is there.
  void Take(Answers answers, size_t bytes, bool at_once) ABSL_LOCKS_EXCLUDED(mu_);

 private:
  struct Group {
    Answers answers;
    size_t bytes = 0;
  };

  void Run() ABSL_LOCKS_EXCLUDED(mu_);
  void Complete(Group group);

  const Done done_;

  Mutex mu_;
  CondVar came_;
  std::vector<Group> waiting_ ABSL_GUARDED_BY(mu_);
  bool busy_ ABSL_GUARDED_BY(mu_) = false;  // the thread completes something
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;

  Thread thread_;
};

}  // namespace pavane::store

#endif  // PAVANE_STORE_ANSWER_THREAD_H_
