#ifndef PAVANE_TESTS_UNIT_CLIENTS_CPP_MAILBOX_H_
#define PAVANE_TESTS_UNIT_CLIENTS_CPP_MAILBOX_H_

#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>

namespace pavane::testing {

// A bound for what should come at once: generous, since only a failing test waits for so long.
constexpr std::chrono::seconds kBound(20);

// What one thread of a test tells another.
template <class T>
class Mailbox {
 public:
  void Put(T value) {
    const std::lock_guard<std::mutex> lock(mu_);
    values_.push_back(std::move(value));
    changed_.notify_all();
  }

  // Nothing more comes.
  void Close() {
    const std::lock_guard<std::mutex> lock(mu_);
    closed_ = true;
    changed_.notify_all();
  }

  // The next value; nothing if closed and empty, or if none came within the bound.
  std::optional<T> Take() {
    std::unique_lock<std::mutex> lock(mu_);
    changed_.wait_for(lock, kBound, [this] { return closed_ || !values_.empty(); });
    if (values_.empty()) return std::nullopt;
    T value = std::move(values_.front());
    values_.pop_front();
    return value;
  }

  // False if it was not closed within the bound.
  bool WaitClosed() {
    std::unique_lock<std::mutex> lock(mu_);
    return changed_.wait_for(lock, kBound, [this] { return closed_; });
  }

  bool empty() {
    const std::lock_guard<std::mutex> lock(mu_);
    return values_.empty();
  }

 private:
  std::mutex mu_;
  std::condition_variable changed_;
  std::deque<T> values_;
  bool closed_ = false;
};

// Opens once, for ever.
class Gate {
 public:
  void Open() { box_.Close(); }
  [[nodiscard]] bool Wait() { return box_.WaitClosed(); }

 private:
  Mailbox<int> box_;
};

}  // namespace pavane::testing

#endif  // PAVANE_TESTS_UNIT_CLIENTS_CPP_MAILBOX_H_
