#ifndef PAVANE_RPC_WORK_POOL_H_
#define PAVANE_RPC_WORK_POOL_H_

#include <vector>

#include "absl/functional/any_invocable.h"

#include "base/bounded_queue.h"
#include "base/clock.h"
#include "base/thread.h"

namespace pavane::rpc {

/// A few threads for calls that read the disk or wait for the delivery loop: gRPC's own threads
/// never do. Any thread may hand work over.
class WorkPool {
 public:
  using Work = absl::AnyInvocable<void()>;

  WorkPool(int threads, Clock& clock);
  ~WorkPool() { Stop(); }

  /// False when too much is waiting, or after Stop: the work is then dropped.
  [[nodiscard]] bool Run(Work work);
  /// Does what is waiting, then ends the threads. Idempotent.
  void Stop();

 private:
  BoundedQueue<Work> queue_;
  std::vector<Thread> threads_;
};

}  // namespace pavane::rpc

#endif  // PAVANE_RPC_WORK_POOL_H_
