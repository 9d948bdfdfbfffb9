#ifndef PAVANE_CLIENTS_CPP_SRC_SUBSCRIPTION_H_
#define PAVANE_CLIENTS_CPP_SRC_SUBSCRIPTION_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "clients/cpp/src/clock.h"
#include "clients/cpp/src/credit_window.h"
#include "clients/cpp/src/handler_table.h"
#include "clients/cpp/src/held_deliveries.h"
#include "clients/cpp/src/settlement_outbox.h"
#include "pavane/service.h"
#include "pavane/v1/subscriber.pb.h"

namespace pavane {
inline namespace client {
namespace internal {

// One service's side of the Subscribe protocol, over all its streams: what to say next, what an
// answer means. It holds deliveries, settlements, credits and the resume token. No thread, no lock:
// the service calls it under its mutex. Log lines gather here and are taken by the service, who
// writes them with no lock held.
class Subscription {
 public:
  using Request = pavane::v1::SubscribeRequest;
  using Response = pavane::v1::SubscribeResponse;
  using LogLines = std::vector<std::pair<LogLevel, std::string>>;

  // Both must outlive the subscription; options are complete (no empty name, instance, source, zero
  // credits).
  Subscription(const ServiceOptions& options, const HandlerTable& handlers, Clock& clock);

  // A stream is about to be opened, or is gone.
  void Connecting();
  void Disconnected();
  // The next message to write, or null.
  std::shared_ptr<const Request> Next();
  // Whether Next has something that should not wait for an answer or a time.
  bool WantsToWrite() const;
  // Deliveries share the response.
  void Receive(const std::shared_ptr<const Response>& response);
  bool opened() const { return stream_ == Stream::kOpen; }

  // A delivery to run, or null. None while there is no stream: whose lease outlives the break is
  // not known yet.
  HeldDeliveries::Ptr Start();
  // A worker found nothing to do.
  void Starved() { window_.Starved(); }
  bool CanStart() const { return opened() && held_.HasWaiting(); }
  void Finish(const HeldDeliveries::Ptr& delivery, Result result);

  // No new deliveries; what waits is released.
  void BeginDrain();
  // No handler runs and every settlement is answered.
  bool idle() const { return held_.unfinished() == 0 && outbox_.size() == 0; }
  // Idle for good: the broker has seen the drain, so that nothing is on its way to us.
  bool drained() const { return idle() && (!opened() || drain_seen_); }
  size_t running() const { return held_.running(); }

  // When the broker, if it stays silent, has been so for too long.
  SteadyTime LapsesAt() const { return heard_at_ + 2 * options_.keepalive; }
  // When Next may have something by time alone.
  SteadyTime NextDue() const;

  void ForgetSession() { resume_token_.clear(); }
  void Log(LogLevel level, std::string line) { log_.emplace_back(level, std::move(line)); }
  LogLines TakeLog() { return std::exchange(log_, {}); }

 private:
  enum class Stream { kNone, kConnecting, kOpening, kOpen };

  std::shared_ptr<Request> Open();
  void Receive(const pavane::v1::SubscribeResponse::Opened& opened);
  void ReceiveDeliveries(const std::shared_ptr<const Response>& response);
  void Receive(const pavane::v1::SubscribeResponse::SettleResults& results);
  void Receive(const pavane::v1::SubscribeResponse::ExtendResults& results);
  void Receive(const pavane::v1::SubscribeResponse::LeasesLost& lost);
  void Receive(const pavane::v1::Notice& notice);
  void Receive(HeldDeliveries::Ptr delivery, Milliseconds lease, SteadyTime now);
  void ReceiveRefusedExtension(const pavane::v1::ExtendResult& result);
  void LogRefusal(SettlementOutbox::Fate fate, const pavane::v1::SettleResult& result,
                  const HeldDeliveries::Ptr& delivery);
  void LogLost(const HeldDeliveries::Ptr& delivery, const std::string& why);

  void Settle(std::string_view id, Result result);
  bool MaySettle(SteadyTime now) const;
  uint32_t MissingCredits() const;
  Milliseconds LeaseLeft(const google::protobuf::Timestamp& expires, std::string_view rule,
                         WallTime now) const;

  // Constant after construction.
  const ServiceOptions& options_;
  const HandlerTable& handlers_;
  Clock& clock_;

  Stream stream_ = Stream::kNone;
  std::string resume_token_;
  HeldDeliveries held_;
  SettlementOutbox outbox_;
  CreditWindow window_;
  // Credits given on this stream and not used up.
  size_t granted_ = 0;
  SteadyTime settled_at_ = {};
  std::vector<uint64_t> pongs_due_;
  SteadyTime heard_at_ = {};
  bool ping_sent_ = false;
  bool draining_ = false;
  bool drain_sent_ = false;
  bool drain_ping_sent_ = false;
  bool drain_seen_ = false;
  LogLines log_;
};

}  // namespace internal
}  // namespace client
}  // namespace pavane

#endif  // PAVANE_CLIENTS_CPP_SRC_SUBSCRIPTION_H_
