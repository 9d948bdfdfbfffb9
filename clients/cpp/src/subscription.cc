#include "clients/cpp/src/subscription.h"

#include <algorithm>
#include <set>

#include "clients/cpp/src/durations.h"
#include "clients/cpp/src/errors.h"
#include "clients/cpp/src/settlements.h"

namespace pavane {
inline namespace client {
namespace internal {
namespace {

// A lease is taken to be at least this long, whatever the two machines' clocks say, and, unless the
// service's own rule asked for more, at most the broker's default: a lease that is thought too
// short costs an early extension, one that is thought too long costs the delivery.
constexpr Milliseconds kLeaseMin(1'000);
constexpr Milliseconds kLeaseUnknown(30'000);
// Settlements without answer, per credit, at which no more is asked for.
constexpr size_t kUnansweredPerCredit = 4;
// While settlements are unanswered further ones gather, until they fill a message, but not longer
// than this: a message costs as much as twenty settlements in one, and the broker answers at the
// pace of its commits.
constexpr Milliseconds kGatherTime(5);
// The ping that follows a drain: deliveries sent before the broker saw the drain come before its
// pong.
constexpr uint64_t kDrainNonce = 1;

std::string Describe(const HeldDeliveries::Ptr& delivery) {
  if (delivery == nullptr) return "a delivery";
  std::string text = "delivery of event ";
  text.append(delivery->event().id()).append(" (bus ").append(delivery->bus());
  text.append(", sequence ").append(std::to_string(delivery->sequence()));
  text.append(", rule ").append(delivery->rule());
  text.append(", attempt ").append(std::to_string(delivery->attempt())).append(")");
  return text;
}

}  // namespace

Subscription::Subscription(const ServiceOptions& options, const HandlerTable& handlers,
                           Clock& clock)
    : options_(options),
      handlers_(handlers),
      clock_(clock),
      window_(options.credits, 2 * options.concurrency) {}

void Subscription::Connecting() {
  stream_ = Stream::kConnecting;
  granted_ = 0;
  pongs_due_.clear();
  heard_at_ = clock_.Now();
  ping_sent_ = false;
  drain_sent_ = false;
  drain_ping_sent_ = false;
  drain_seen_ = false;
}

void Subscription::Disconnected() {
  stream_ = Stream::kNone;
  outbox_.Disconnected();
}

std::shared_ptr<const Subscription::Request> Subscription::Next() {
  if (stream_ == Stream::kConnecting) {
    stream_ = Stream::kOpening;
    return Open();
  }
  if (stream_ != Stream::kOpen) return nullptr;
  const SteadyTime now = clock_.Now();
  auto request = std::make_shared<Request>();
  if (!pongs_due_.empty()) {
    request->mutable_pong()->set_nonce(pongs_due_.back());
    pongs_due_.pop_back();
  } else if (held_.HasDue(now)) {
    held_.FillDue(now, *request->mutable_extend());
  } else if (draining_ && !drain_sent_) {
    drain_sent_ = true;
    request->mutable_drain();
  } else if (draining_ && !drain_ping_sent_) {
    drain_ping_sent_ = true;
    request->mutable_ping()->set_nonce(kDrainNonce);
  } else if (MaySettle(now)) {
    settled_at_ = now;
    return outbox_.Next(now);
  } else if (const uint32_t credits = MissingCredits(); credits > 0) {
    granted_ += credits;
    window_.Granted();
    request->mutable_credit()->set_messages(credits);
  } else if (!ping_sent_ && now >= heard_at_ + options_.keepalive) {
    ping_sent_ = true;
    request->mutable_ping();
  } else {
    return nullptr;
  }
  return request;
}

bool Subscription::MaySettle(SteadyTime now) const {
  if (!outbox_.HasDue(now)) return false;
  return !outbox_.awaits_answers() || outbox_.has_full_message() ||
         now >= settled_at_ + kGatherTime;
}

bool Subscription::WantsToWrite() const {
  if (stream_ == Stream::kConnecting || !pongs_due_.empty() || draining_) return true;
  return MaySettle(clock_.Now()) || MissingCredits() > 0;
}

std::shared_ptr<Subscription::Request> Subscription::Open() {
  auto request = std::make_shared<Request>();
  auto& open = *request->mutable_open();
  open.set_service(options_.name);
  open.set_instance(options_.instance);
  open.set_resume_token(resume_token_);
  if (auto rule_set = handlers_.MakeRuleSet(options_.rule_set_version)) {
    *open.mutable_rule_set() = *std::move(rule_set);
  }
  for (auto& rule : handlers_.MakeSessionRules()) *open.add_session_rules() = std::move(rule);
  auto& contract = *open.mutable_contract();
  for (const std::string& type : handlers_.Types()) contract.add_consumes(type);
  for (const std::string& type : options_.emits) contract.add_emits(type);
  contract.set_service_version(options_.version);
  contract.set_description(options_.description);
  const size_t held = held_.unfinished();
  granted_ = draining_ || held >= window_.size() ? 0 : window_.size() - held;
  window_.Granted();
  if (granted_ > 0) open.mutable_credit()->set_messages(static_cast<uint32_t>(granted_));
  return request;
}

uint32_t Subscription::MissingCredits() const {
  const size_t credits = window_.size();
  if (draining_ || outbox_.size() > kUnansweredPerCredit * credits) return 0;
  const size_t used = held_.unfinished() + granted_;
  if (used >= credits) return 0;
  const size_t missing = credits - used;
  // Not one message for each credit.
  if (missing < std::max<size_t>(1, credits / 4)) return 0;
  return static_cast<uint32_t>(missing);
}

void Subscription::Receive(const std::shared_ptr<const Response>& message) {
  const Response& response = *message;
  heard_at_ = clock_.Now();
  ping_sent_ = false;
  switch (response.message_case()) {
    case Response::kOpened:
      return Receive(response.opened());
    case Response::kDeliveries:
      return ReceiveDeliveries(message);
    case Response::kSettleResults:
      return Receive(response.settle_results());
    case Response::kExtendResults:
      return Receive(response.extend_results());
    case Response::kLeasesLost:
      return Receive(response.leases_lost());
    case Response::kNotice:
      return Receive(response.notice());
    case Response::kPing:
      pongs_due_.push_back(response.ping().nonce());
      return;
    case Response::kPong:
      drain_seen_ = drain_seen_ || response.pong().nonce() == kDrainNonce;
      return;
    case Response::kDraining:
      return Log(LogLevel::kInfo, "the broker is draining; settling what is in flight");
    case Response::MESSAGE_NOT_SET:
      return Log(LogLevel::kDebug, "the broker sent a message this library does not know");
  }
}

void Subscription::Receive(const pavane::v1::SubscribeResponse::Opened& opened) {
  stream_ = Stream::kOpen;
  resume_token_ = opened.resume_token();
  std::set<std::string> resumed(opened.resumed_delivery_ids().begin(),
                                opened.resumed_delivery_ids().end());
  for (const auto& delivery : held_.Resume(resumed, clock_.Now())) {
    LogLost(delivery, "was not resumed after the break");
  }
  for (const std::string& id : resumed) {
    // It was lost with the old stream: back to the queue, at once and without counting an attempt.
    if (!held_.Contains(id) && !outbox_.Contains(id)) Settle(id, Release());
  }
  Log(LogLevel::kInfo,
      "connected to broker " + opened.broker_version() + ", session " + opened.session_id() +
          ", rule set version " + std::to_string(opened.rule_set_version()) +
          (resumed.empty() ? std::string() : ", " + std::to_string(resumed.size()) + " resumed"));
}

void Subscription::ReceiveDeliveries(const std::shared_ptr<const Response>& response) {
  const auto& deliveries = response->deliveries().deliveries();
  granted_ -= std::min<size_t>(granted_, deliveries.size());
  if (granted_ == 0) window_.Exhausted();
  const SteadyTime now = clock_.Now();
  const WallTime wall_now = clock_.WallNow();
  for (const pavane::v1::Delivery& message : deliveries) {
    const Milliseconds lease = LeaseLeft(message.lease_expires_at(), message.rule(), wall_now);
    Receive(
        std::make_shared<Delivery>(std::shared_ptr<const pavane::v1::Delivery>(response, &message)),
        lease, now);
  }
}

void Subscription::Receive(HeldDeliveries::Ptr delivery, Milliseconds lease, SteadyTime now) {
  const std::string_view id = delivery->delivery_id();
  if (held_.Contains(id)) return;
  if (draining_) return Settle(id, Release());
  if (handlers_.Find(*delivery) == nullptr) {
    Log(LogLevel::kWarning, "no handler for " + Describe(delivery) + " of type " +
                                std::string(delivery->event().type()));
    return Settle(id, Nack("NO_HANDLER", "this instance has no handler for the event's type"));
  }
  held_.Add(std::move(delivery), lease, now);
}

void Subscription::Receive(const pavane::v1::SubscribeResponse::SettleResults& results) {
  for (const pavane::v1::SettleResult& result : results.results()) {
    const SettlementOutbox::Fate fate = outbox_.Answer(result, clock_.Now());
    const bool done =
        fate == SettlementOutbox::Fate::kAccepted || fate == SettlementOutbox::Fate::kAbandoned;
    HeldDeliveries::Ptr delivery = done ? held_.Remove(result.delivery_id()) : nullptr;
    if (fate != SettlementOutbox::Fate::kAccepted) LogRefusal(fate, result, delivery);
  }
}

void Subscription::LogRefusal(SettlementOutbox::Fate fate, const pavane::v1::SettleResult& result,
                              const HeldDeliveries::Ptr& delivery) {
  const std::string what =
      "settlement of " + Describe(delivery) + " refused: " + FromMessage(result.error()).ToString();
  switch (fate) {
    case SettlementOutbox::Fate::kAccepted:
    case SettlementOutbox::Fate::kUnknown:
      return;
    case SettlementOutbox::Fate::kLater:
      return Log(LogLevel::kInfo, what + "; it is sent again");
    case SettlementOutbox::Fate::kReplaced:
      return Log(LogLevel::kError, what + "; nacked with this reason instead");
    case SettlementOutbox::Fate::kAbandoned:
      return Log(LogLevel::kWarning, what);
  }
}

void Subscription::Receive(const pavane::v1::SubscribeResponse::ExtendResults& results) {
  for (const pavane::v1::ExtendResult& result : results.results()) {
    if (result.has_error()) {
      ReceiveRefusedExtension(result);
    } else {
      held_.Extended(result.delivery_id(),
                     LeaseLeft(result.lease_expires_at(), held_.RuleOf(result.delivery_id()),
                               clock_.WallNow()),
                     clock_.Now());
    }
  }
}

void Subscription::ReceiveRefusedExtension(const pavane::v1::ExtendResult& result) {
  const Error error = FromMessage(result.error());
  // What passes is asked for again in time.
  if (error.reason != pavane::v1::LEASE_EXPIRED && error.reason != pavane::v1::ALREADY_SETTLED &&
      error.reason != pavane::v1::INVALID_DELIVERY_ID) {
    return Log(LogLevel::kInfo, "a lease was not extended: " + error.ToString());
  }
  if (const auto delivery = held_.Lose(result.delivery_id())) LogLost(delivery, error.ToString());
}

void Subscription::Receive(const pavane::v1::SubscribeResponse::LeasesLost& lost) {
  for (const std::string& id : lost.delivery_ids()) {
    if (const auto delivery = held_.Lose(id)) LogLost(delivery, "the broker ended it");
  }
}

void Subscription::Receive(const pavane::v1::Notice& notice) {
  std::string line = "notice of the broker: ";
  if (notice.reason() != pavane::v1::REASON_UNSPECIFIED) {
    line.append(pavane::v1::Reason_Name(notice.reason())).append(": ");
  }
  line.append(notice.message());
  Log(LogLevel::kWarning, std::move(line));
}

void Subscription::LogLost(const HeldDeliveries::Ptr& delivery, const std::string& why) {
  Log(LogLevel::kWarning, "lease lost: " + Describe(delivery) + ": " + why);
}

HeldDeliveries::Ptr Subscription::Start() { return opened() ? held_.Start() : nullptr; }

void Subscription::Finish(const HeldDeliveries::Ptr& delivery, Result result) {
  const std::string_view id = delivery->delivery_id();
  window_.Finished(clock_.Now());
  if (delivery->lease_lost()) {
    held_.Remove(id);
    return Log(LogLevel::kWarning, "result discarded, its lease was lost: " + Describe(delivery));
  }
  held_.Settling(id);
  Settle(id, std::move(result));
}

void Subscription::Settle(std::string_view id, Result result) {
  outbox_.Add(MakeSettlement(id, std::move(result), options_.source));
}

void Subscription::BeginDrain() {
  draining_ = true;
  for (const auto& delivery : held_.RemoveWaiting()) {
    Settle(delivery->delivery_id(), Release());
  }
}

Milliseconds Subscription::LeaseLeft(const google::protobuf::Timestamp& expires,
                                     std::string_view rule, WallTime now) const {
  const auto left = std::chrono::duration_cast<Milliseconds>(FromMessage(expires) - now);
  const Milliseconds most = handlers_.Lease(rule).value_or(kLeaseUnknown);
  return std::clamp(left, std::min(kLeaseMin, most), most);
}

SteadyTime Subscription::NextDue() const {
  const SteadyTime now = clock_.Now();
  if (!opened()) return now + kForever;
  SteadyTime next = std::min(held_.NextDue(now), outbox_.NextDue(now));
  if (next <= now && outbox_.awaits_answers()) next = settled_at_ + kGatherTime;
  if (!ping_sent_) next = std::min(next, heard_at_ + options_.keepalive);
  return next;
}

}  // namespace internal
}  // namespace client
}  // namespace pavane
