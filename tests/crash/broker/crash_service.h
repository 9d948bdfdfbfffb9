#ifndef PAVANE_TESTS_CRASH_BROKER_CRASH_SERVICE_H_
#define PAVANE_TESTS_CRASH_BROKER_CRASH_SERVICE_H_

#include <atomic>
#include <cstdint>
#include <map>
#include <string>
#include <thread>

#include "pavane/v1/subscriber.grpc.pb.h"
#include "tests/crash/broker/answer_log.h"
#include "tests/crash/broker/daemon.h"

namespace pavane::crash {

/// A service that acks with emits, nacks, rejects with emits, and at times says nothing, decided by
/// the event's id and the attempt. Reconnects after each kill and repeats the settlements that got
/// no answer. Writes `got ID` for each delivery and `OUTCOME ID EMIT_SEQUENCE` for each accepted
/// settlement.
class CrashService {
 public:
  /// `worker`: takes Work, emits Done or Refused; otherwise acks everything.
  CrashService(const Daemon& daemon, std::string name, bool worker, const std::string& log_path);
  ~CrashService();

  void Stop();
  /// Settlements sent and not answered at this moment.
  int under_way() const { return under_way_; }
  uint64_t accepted() const { return accepted_; }

 private:
  struct Sent {
    std::string event_id;
    std::string outcome;
    pavane::v1::Settlement settlement;
  };

  void Run();
  void RunStream(pavane::v1::SubscriberService::Stub& stub);
  void RepeatUnanswered(pavane::v1::SubscriberService::Stub& stub);
  bool Decide(const pavane::v1::Delivery& delivery, Sent& sent) const;
  void OnResult(const pavane::v1::SettleResult& result);

  const Daemon& daemon_;
  const std::string name_;
  const bool worker_;
  AnswerLog log_;
  std::map<std::string, Sent> unanswered_;  // by delivery id; the service's thread only
  std::atomic<bool> stop_ = false;
  std::atomic<int> under_way_ = 0;
  std::atomic<uint64_t> accepted_ = 0;
  std::thread thread_;
};

}  // namespace pavane::crash

#endif  // PAVANE_TESTS_CRASH_BROKER_CRASH_SERVICE_H_
