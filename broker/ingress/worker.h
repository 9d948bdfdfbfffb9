#ifndef PAVANE_INGRESS_WORKER_H_
#define PAVANE_INGRESS_WORKER_H_

#include <future>
#include <memory>
#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/time/time.h"

#include "base/clock.h"
#include "base/mutex.h"
#include "base/thread.h"
#include "ingress/gate.h"
#include "store/transaction.h"
#include "store/writer.h"

namespace pavane::ingress {

/// A thread that appends by itself, piece by piece: what falls due, what is to be filled in. It
/// waits while publishes are refused, and a while after a piece that failed.
class Worker {
 public:
  class Step;

  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  void Start();
  /// Ends the thread. Idempotent.
  void Stop() ABSL_LOCKS_EXCLUDED(mu_);

 protected:
  /// `name` of the thread. All references outlive the object. A class made of it calls Stop in its
  /// destructor.
  Worker(std::string name, const Gate& gate, store::Writer& writer, Clock& clock)
      : name_(std::move(name)), gate_(gate), writer_(writer), clock_(clock) {}
  virtual ~Worker() = default;

  /// Whether there is something to do now; else how long to wait at most, if no commit changes it.
  virtual bool HasWork(absl::Duration* wait) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) = 0;
  /// Does a piece. An error is logged, and the piece tried again.
  virtual absl::Status DoSome() ABSL_LOCKS_EXCLUDED(mu_) = 0;

  /// Hands the step to the writer, and waits. The commit has passed the observer by then.
  absl::Status Commit(std::unique_ptr<Step> step);
  /// What HasWork looks at has changed.
  void Wake() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) { changed_.NotifyAll(); }

  Clock& clock() const { return clock_; }

  mutable Mutex mu_;

 private:
  void Loop() ABSL_LOCKS_EXCLUDED(mu_);
  /// False when the thread shall end.
  bool AwaitWork() ABSL_LOCKS_EXCLUDED(mu_);
  void Pause(absl::Duration pause) ABSL_LOCKS_EXCLUDED(mu_);

  const std::string name_;
  const Gate& gate_;
  store::Writer& writer_;
  Clock& clock_;
  CondVar changed_;
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;
  Thread thread_;
};

/// A transaction that somebody waits for.
class Worker::Step : public store::Transaction {
 public:
  void Complete(const absl::Status& status) override { done_.set_value(status); }

 private:
  friend class Worker;
  std::promise<absl::Status> done_;
};

}  // namespace pavane::ingress

#endif  // PAVANE_INGRESS_WORKER_H_
