#ifndef PAVANE_TESTS_CRASH_BROKER_CRASH_SERVICE_H_
#define PAVANE_TESTS_CRASH_BROKER_CRASH_SERVICE_H_

#include <atomic>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "pavane/v1/subscriber.grpc.pb.h"
#include "tests/crash/broker/party.h"

namespace pavane::crash {

/// A service that acks with emits, nacks, rejects with emits, and at times says nothing until the
/// delivery is with it again, and then settles the old attempt, which must be refused. Reconnects
/// after each kill and repeats the settlements that got no answer.
///
/// Writes `got ID ATTEMPT fresh|redriven` for each delivery, `ack|reject|nack ID ATTEMPT
/// EMIT_SEQUENCE` for each accepted settlement, `refused ID REASON` for each other, and `late ID
/// accepted|REASON` for the answer to a late one.
class CrashService : public Party {
 public:
  /// `worker`: takes Work, emits Done or Refused; otherwise acks everything.
  CrashService(const Daemon& daemon, std::string name, bool worker, const std::string& log_path);
  ~CrashService() override { Stop(); }

  /// Settlements sent and not answered at this moment.
  int under_way() const { return under_way_; }
  uint64_t rejects_accepted() const { return rejects_accepted_; }

 protected:
  void Run() override;

 private:
  struct Sent {
    std::string event_id;
    std::string outcome;
    std::string attempt;
    pavane::v1::Settlement settlement;
  };

  void RunStream(pavane::v1::SubscriberService::Stub& stub);
  void RepeatUnanswered(pavane::v1::SubscriberService::Stub& stub);
  void OnDelivery(const pavane::v1::Delivery& delivery,
                  std::vector<pavane::v1::Settlement>& settlements);
  void Send(Sent sent, std::vector<pavane::v1::Settlement>& settlements);
  Sent Decide(const pavane::v1::Delivery& delivery) const;
  void OnResult(const pavane::v1::SettleResult& result);

  const std::string name_;
  const bool worker_;
  // The service's thread only.
  std::map<std::string, Sent> unanswered_;  // by delivery id
  std::map<std::string, Sent> withheld_;    // by event id: to be sent when it is too late

  std::atomic<int> under_way_ = 0;
  std::atomic<uint64_t> rejects_accepted_ = 0;
};

}  // namespace pavane::crash

#endif  // PAVANE_TESTS_CRASH_BROKER_CRASH_SERVICE_H_
