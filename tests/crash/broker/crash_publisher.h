#ifndef PAVANE_TESTS_CRASH_BROKER_CRASH_PUBLISHER_H_
#define PAVANE_TESTS_CRASH_BROKER_CRASH_PUBLISHER_H_

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include "tests/crash/broker/answer_log.h"
#include "tests/crash/broker/daemon.h"

namespace pavane::crash {

/// Publishes `Work` events in batches, several under way at a time, and repeats a batch with the
/// same ids until it is answered. Writes `ID SEQUENCE DUPLICATE MATCHED` for each accepted event.
class CrashPublisher {
 public:
  CrashPublisher(const Daemon& daemon, const std::string& log_path, int lanes);
  ~CrashPublisher();

  /// Events published with an answer so far.
  uint64_t answered() const { return answered_; }
  /// Requests sent and not answered at this moment.
  int under_way() const { return under_way_; }
  /// Ends after the batches under way are answered.
  void Stop();

 private:
  void Run(int lane);

  const Daemon& daemon_;
  AnswerLog log_;
  std::atomic<bool> stop_ = false;
  std::atomic<uint64_t> answered_ = 0;
  std::atomic<int> under_way_ = 0;
  std::vector<std::thread> lanes_;
};

}  // namespace pavane::crash

#endif  // PAVANE_TESTS_CRASH_BROKER_CRASH_PUBLISHER_H_
