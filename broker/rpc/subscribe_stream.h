#ifndef PAVANE_RPC_SUBSCRIBE_STREAM_H_
#define PAVANE_RPC_SUBSCRIBE_STREAM_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"

#include "base/mutex.h"
#include "delivery/requests.h"
#include "pavane/v1/subscriber.pb.h"
#include "rpc/raw_stream.h"
#include "rpc/subscribe_outbox.h"
#include "rpc/subscriber_context.h"
#include "targets/session.h"

namespace pavane::rpc {

/// One Subscribe call: a session of delivery behind a stream. What goes out is bounded: deliveries
/// by the client's credit, answers since reading stops while too many wait.
///
/// Opening: rule set, then session, then session rules, then `opened`; nothing is read meanwhile.
/// The end: a half-close is answered when all settlements are; a broken stream leaves its leases to
/// the resume window.
class SubscribeStream : public RawStream, public targets::Session {
 public:
  static std::shared_ptr<SubscribeStream> Open(grpc::CallbackServerContext* context,
                                               SubscriberContext& broker);

  SubscribeStream(grpc::CallbackServerContext* context, SubscriberContext& broker)
      : RawStream(context), broker_(broker) {}

  // ---- targets::Session (delivery loop)
  void Deliver(std::vector<targets::OutgoingDelivery> deliveries) override;
  void LeasesLost(std::vector<std::string> delivery_ids) override;
  void Draining(absl::Time until) override;
  void Close(const absl::Status& why) override;

 private:
  using Request = pavane::v1::SubscribeRequest;
  using Response = pavane::v1::SubscribeResponse;
  enum class Stage { kNew, kOpening, kOpen, kClosing };

  // ---- RawStream
  bool OnMessage(const grpc::ByteBuffer& bytes) override ABSL_LOCKS_EXCLUDED(state_mu_);
  void OnHalfClose() override ABSL_LOCKS_EXCLUDED(state_mu_);
  bool BuildMessage(grpc::ByteBuffer* out) override ABSL_LOCKS_EXCLUDED(state_mu_);
  void OnEnd(bool cancelled) override ABSL_LOCKS_EXCLUDED(state_mu_);

  // ---- opening, in this order; each runs when the one before has been answered
  bool StartOpening(Request::Open open);
  void OpenRuleSet();
  void OpenSession();
  void OnSession(delivery::OpenAnswer answer) ABSL_LOCKS_EXCLUDED(state_mu_);
  void OpenSessionRules();
  void OnOpened() ABSL_LOCKS_EXCLUDED(state_mu_);
  void Refuse(const absl::Status& why) ABSL_LOCKS_EXCLUDED(state_mu_);

  // ---- open
  bool OnOpenMessage(Request message);
  void Credit(const Request::Credit& credit);
  bool Settle(ingress::Settler::Settlements settlements) ABSL_LOCKS_EXCLUDED(state_mu_);
  void OnSettled(ingress::Settler::Results results) ABSL_LOCKS_EXCLUDED(state_mu_);
  bool Extend(const Request::Extend& extend) ABSL_LOCKS_EXCLUDED(state_mu_);
  void OnExtended(const std::vector<delivery::ExtendAnswer>& answers)
      ABSL_LOCKS_EXCLUDED(state_mu_);
  /// Settlements of a message in which some text is not UTF-8: bad ones are answered, others
  /// settled.
  bool SettleOneByOne(const std::string& bytes);

  void Say(Response message) ABSL_LOCKS_EXCLUDED(state_mu_);
  void Notify(pavane::v1::Reason reason, const std::string& message);
  bool MayReadOn() ABSL_EXCLUSIVE_LOCKS_REQUIRED(state_mu_);
  std::shared_ptr<SubscribeStream> Self() { return weak_self_.lock(); }

  SubscriberContext& broker_;
  std::weak_ptr<SubscribeStream> weak_self_;

  // Set while opening, by one step after the other.
  Request::Open open_;
  std::string peer_;
  uint64_t rule_set_version_ = 0;
  std::vector<pavane::v1::Notice> notices_;
  delivery::OpenAnswer session_;

  Mutex state_mu_;
  Stage stage_ ABSL_GUARDED_BY(state_mu_) = Stage::kNew;
  bool counted_ ABSL_GUARDED_BY(state_mu_) = false;    // among the broker's streams
  bool connected_ ABSL_GUARDED_BY(state_mu_) = false;  // its session exists
  bool half_closed_ ABSL_GUARDED_BY(state_mu_) = false;
  bool ended_ ABSL_GUARDED_BY(state_mu_) = false;
  bool paused_ ABSL_GUARDED_BY(state_mu_) = false;  // not reading
  size_t calls_ ABSL_GUARDED_BY(state_mu_) = 0;     // items settled or extended, not answered
  SubscribeOutbox outbox_ ABSL_GUARDED_BY(state_mu_);
};

}  // namespace pavane::rpc

#endif  // PAVANE_RPC_SUBSCRIBE_STREAM_H_
