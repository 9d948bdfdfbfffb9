#include "rpc/tail_hub.h"

#include <utility>

namespace pavane::rpc {

void TailHub::Wait(Wake wake) {
  MutexLock lock(mu_);
  wakes_.push_back(std::move(wake));
  waiting_.store(true, std::memory_order_release);
}

void TailHub::NotifyAppended() {
  if (!waiting_.load(std::memory_order_acquire)) return;
  std::vector<Wake> wakes;
  {
    MutexLock lock(mu_);
    wakes.swap(wakes_);
    waiting_.store(false, std::memory_order_release);
  }
  for (const Wake& wake : wakes) wake();
}

}  // namespace pavane::rpc
