#ifndef PAVANE_TESTS_CRASH_BROKER_PARTY_H_
#define PAVANE_TESTS_CRASH_BROKER_PARTY_H_

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

#include "tests/crash/broker/answer_log.h"
#include "tests/crash/broker/daemon.h"

namespace pavane::crash {

/// One client of the broker with a thread and an answer log of its own. Derived classes start the
/// thread at the end of their constructors and stop it in their destructors.
class Party {
 public:
  Party(const Daemon& daemon, const std::string& log_path) : daemon_(daemon), log_(log_path) {}
  virtual ~Party() = default;
  Party(const Party&) = delete;
  Party& operator=(const Party&) = delete;

  /// Ends after what it has under way.
  void Stop() {
    {
      std::lock_guard<std::mutex> lock(mu_);
      stop_ = true;
    }
    stopped_.notify_all();
    if (thread_.joinable()) thread_.join();
  }

 protected:
  virtual void Run() = 0;
  void Start() {
    thread_ = std::thread([this] { Run(); });
  }
  /// A pause between two acts; ends early when the run stops.
  void Pause(std::chrono::milliseconds time) {
    std::unique_lock<std::mutex> lock(mu_);
    stopped_.wait_for(lock, time, [this] { return stop_.load(); });
  }

  const Daemon& daemon_;
  AnswerLog log_;
  std::atomic<bool> stop_ = false;

 private:
  std::mutex mu_;
  std::condition_variable stopped_;
  std::thread thread_;
};

}  // namespace pavane::crash

#endif  // PAVANE_TESTS_CRASH_BROKER_PARTY_H_
