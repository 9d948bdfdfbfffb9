#include "rpc/work_pool.h"

#include <optional>
#include <utility>

namespace pavane::rpc {
namespace {

constexpr size_t kWaitingMax = 4096;

}  // namespace

WorkPool::WorkPool(int threads, Clock& clock) : queue_(kWaitingMax, clock) {
  for (int i = 0; i < threads; ++i) {
    threads_.emplace_back("rpc-work", [this] {
      while (true) {
        std::optional<Work> work = queue_.Pop();
        if (work) {
          (*work)();
        } else if (queue_.closed()) {
          return;
        }
      }
    });
  }
}

bool WorkPool::Run(Work work) { return queue_.TryPush(std::move(work)); }

void WorkPool::Stop() {
  queue_.Close();
  for (Thread& thread : threads_) thread.Join();
}

}  // namespace pavane::rpc
