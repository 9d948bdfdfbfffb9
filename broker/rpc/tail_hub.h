#ifndef PAVANE_RPC_TAIL_HUB_H_
#define PAVANE_RPC_TAIL_HUB_H_

#include <atomic>
#include <functional>
#include <memory>
#include <vector>

#include "absl/base/thread_annotations.h"

#include "base/mutex.h"

namespace pavane::rpc {

/// Wakes the readers that wait at the end of a bus when something was committed. A reader waits for
/// one wake-up at a time.
class TailHub {
 public:
  /// Called once, on the thread of NotifyAppended; must not block.
  using Wake = std::function<void()>;

  void Wait(Wake wake) ABSL_LOCKS_EXCLUDED(mu_);
  /// Events were appended. Cheap when nobody waits.
  void NotifyAppended() ABSL_LOCKS_EXCLUDED(mu_);

 private:
  std::atomic<bool> waiting_{false};
  Mutex mu_;
  std::vector<Wake> wakes_ ABSL_GUARDED_BY(mu_);
};

}  // namespace pavane::rpc

#endif  // PAVANE_RPC_TAIL_HUB_H_
