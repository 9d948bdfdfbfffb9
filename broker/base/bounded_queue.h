#ifndef PAVANE_BASE_BOUNDED_QUEUE_H_
#define PAVANE_BASE_BOUNDED_QUEUE_H_

#include <cstddef>
#include <deque>
#include <optional>
#include <utility>

#include "absl/base/thread_annotations.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/mutex.h"

namespace pavane {

// The way from thread to thread: any number of producers, any number of consumers, first in first
// out, at most `capacity` items. Items need only be movable. After Close() nothing can be pushed;
// what is inside can still be popped, then the consumers learn that it is over.
//
// Owned by the consumer's object; must outlive every thread that uses it.
template <typename T>
class BoundedQueue {
 public:
  BoundedQueue(size_t capacity, Clock& clock) : capacity_(capacity), clock_(clock) {
    CHECK(capacity > 0) << "a queue holds something";
  }
  BoundedQueue(const BoundedQueue&) = delete;
  BoundedQueue& operator=(const BoundedQueue&) = delete;

  // Never waits. False if closed, or if fewer than `keep_free` places would stay free; the item is
  // then untouched. `keep_free` lets important items (settlements) have a share of their own.
  [[nodiscard]] bool TryPush(T&& item, size_t keep_free = 0) ABSL_LOCKS_EXCLUDED(mu_) {
    MutexLock lock(mu_);
    if (closed_ || items_.size() + keep_free >= capacity_) return false;
    Append(std::move(item));
    return true;
  }

  // Waits for a free place. False if closed; the item is then untouched.
  [[nodiscard]] bool Push(T&& item) ABSL_LOCKS_EXCLUDED(mu_) {
    MutexLock lock(mu_);
    while (!closed_ && items_.size() >= capacity_) not_full_.Wait(mu_);
    if (closed_) return false;
    Append(std::move(item));
    return true;
  }

  // Waits for items, the deadline, Wake() or Close(), then swaps all that is there into `out`,
  // which may thus be empty. False only if the queue is closed and nothing is left. What `out` held
  // before is dropped.
  [[nodiscard]] bool PopAll(std::deque<T>& out,
                            MonotonicTime deadline = MonotonicTime::InfiniteFuture())
      ABSL_LOCKS_EXCLUDED(mu_) {
    out.clear();
    MutexLock lock(mu_);
    AwaitItems(deadline);
    out.swap(items_);
    if (!out.empty()) not_full_.NotifyAll();
    return !out.empty() || !closed_;
  }

  // One item, for pools of workers. Nothing after the deadline, Wake(), or Close() and all taken.
  [[nodiscard]] std::optional<T> Pop(MonotonicTime deadline = MonotonicTime::InfiniteFuture())
      ABSL_LOCKS_EXCLUDED(mu_) {
    MutexLock lock(mu_);
    AwaitItems(deadline);
    if (items_.empty()) return std::nullopt;
    std::optional<T> item(std::move(items_.front()));
    items_.pop_front();
    not_full_.NotifyOne();
    return item;
  }

  // Makes one waiting, or else the next, PopAll or Pop return even without items.
  void Wake() ABSL_LOCKS_EXCLUDED(mu_) {
    MutexLock lock(mu_);
    woken_ = true;
    not_empty_.NotifyAll();
  }

  void Close() ABSL_LOCKS_EXCLUDED(mu_) {
    MutexLock lock(mu_);
    closed_ = true;
    not_empty_.NotifyAll();
    not_full_.NotifyAll();
  }

  bool closed() const ABSL_LOCKS_EXCLUDED(mu_) {
    MutexLock lock(mu_);
    return closed_;
  }
  // For metrics; old as soon as it is returned.
  size_t size() const ABSL_LOCKS_EXCLUDED(mu_) {
    MutexLock lock(mu_);
    return items_.size();
  }
  size_t capacity() const { return capacity_; }

 private:
  void Append(T&& item) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    items_.push_back(std::move(item));
    not_empty_.NotifyOne();
  }

  void AwaitItems(MonotonicTime deadline) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    while (items_.empty() && !closed_ && !woken_) {
      if (clock_.WaitUntil(not_empty_, mu_, deadline)) break;
    }
    woken_ = false;
  }

  const size_t capacity_;
  Clock& clock_;

  mutable Mutex mu_;
  CondVar not_empty_;
  CondVar not_full_;
  std::deque<T> items_ ABSL_GUARDED_BY(mu_);
  bool closed_ ABSL_GUARDED_BY(mu_) = false;
  bool woken_ ABSL_GUARDED_BY(mu_) = false;
};

}  // namespace pavane

#endif  // PAVANE_BASE_BOUNDED_QUEUE_H_
