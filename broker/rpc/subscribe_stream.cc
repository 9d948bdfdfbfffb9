#include "rpc/subscribe_stream.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

#include "admin/names.h"
#include "base/log.h"
#include "event/reason.h"
#include "event/timestamp.h"
#include "rpc/lease_translation.h"
#include "rpc/settle_salvage.h"
#include "rpc/wire.h"

namespace pavane::rpc {
namespace {

// Items (settlements, extensions) under way or answered but not written: beyond, nothing is read.
constexpr size_t kItemsWaitingMax = 10'000;

absl::Status Violation(absl::string_view what) {
  return event::Refused(absl::StatusCode::kFailedPrecondition, pavane::v1::PROTOCOL_VIOLATION,
                        what);
}

}  // namespace

std::shared_ptr<SubscribeStream> SubscribeStream::Open(grpc::CallbackServerContext* context,
                                                       SubscriberContext& broker) {
  auto stream = std::make_shared<SubscribeStream>(context, broker);
  stream->weak_self_ = stream;
  stream->Begin(stream);
  return stream;
}

// ---- opening

bool SubscribeStream::StartOpening(Request::Open open) {
  absl::Status bad = broker_.gate.CheckChange();
  if (bad.ok()) bad = admin::CheckServiceName(open.service());
  if (!bad.ok()) {
    Refuse(bad);
    return false;
  }
  const bool too_many = broker_.streams.fetch_add(1) >= broker_.streams_max;
  {
    MutexLock lock(state_mu_);
    counted_ = true;
    stage_ = Stage::kOpening;
  }
  if (too_many) {
    if (broker_.metrics != nullptr)
      broker_.metrics->limit_hits.With({metrics::kLimitStreams}).Add();
    Refuse(event::Refused(absl::StatusCode::kResourceExhausted, pavane::v1::TOO_MANY,
                          absl::StrCat("there are ", broker_.streams_max,
                                       " streams, the limit (limits.streams_max)")));
    return false;
  }
  if (broker_.metrics != nullptr) {
    broker_.metrics->streams.Add(1);
    broker_.metrics->TouchService(open.service());
  }
  open_ = std::move(open);
  peer_ = context()->peer();
  if (open_.instance().empty()) open_.set_instance(peer_);
  OpenRuleSet();
  return false;  // read on when open
}

void SubscribeStream::OpenRuleSet() {
  rule_set_version_ = broker_.rule_sets.VersionOf(open_.service());
  if (!open_.has_rule_set()) return OpenSession();
  broker_.rule_sets.Apply(open_.service(), open_.rule_set(),
                          [self = Self()](absl::StatusOr<admin::RuleSets::Outcome> outcome) {
                            if (!outcome.ok()) return self->Refuse(outcome.status());
                            self->rule_set_version_ = outcome->version;
                            self->notices_ = std::move(outcome->notices);
                            self->OpenSession();
                          });
}

void SubscribeStream::OpenSession() {
  delivery::OpenRequest request;
  request.service = open_.service();
  request.instance = open_.instance();
  request.peer = peer_;
  request.resume_token = open_.resume_token();
  request.batch_max = open_.batch_max();
  request.session = Self();
  broker_.dispatcher.OpenSession(std::move(request), [self = Self()](delivery::OpenAnswer answer) {
    self->OnSession(std::move(answer));
  });
}

void SubscribeStream::OnSession(delivery::OpenAnswer answer) {
  bool ended = false;
  {
    MutexLock lock(state_mu_);
    session_ = std::move(answer);
    ended = ended_;
    connected_ = !ended;
  }
  if (ended) {
    // The call ended meanwhile: OnEnd knew of no session.
    broker_.dispatcher.CloseSession(session_.id, delivery::CloseKind::kLost);
    return;
  }
  broker_.health.Connected(open_.service());
  if (open_.has_contract()) broker_.contracts.Set(open_.service(), open_.contract());
  OpenSessionRules();
}

void SubscribeStream::OpenSessionRules() {
  std::vector<pavane::v1::ServiceRule> rules(open_.session_rules().begin(),
                                             open_.session_rules().end());
  for (pavane::v1::ServiceRule& rule : admin::RulesOf(open_.rule_set(), true)) {
    rules.push_back(std::move(rule));
  }
  if (rules.empty() && open_.resume_token().empty()) return OnOpened();
  const std::string resumed = session_.resume_failed ? "" : open_.resume_token();
  broker_.session_rules.Open(open_.service(), session_.resume_token, resumed, session_.session_name,
                             rules, [self = Self()](const absl::Status& status) {
                               if (!status.ok()) return self->Refuse(status);
                               self->OnOpened();
                             });
}

void SubscribeStream::OnOpened() {
  Response message;
  Response::Opened& opened = *message.mutable_opened();
  opened.set_session_id(session_.session_name);
  opened.set_resume_token(session_.resume_token);
  opened.mutable_resume_window()->set_seconds(absl::ToInt64Seconds(broker_.resume_window));
  opened.mutable_resume_window()->set_nanos(
      static_cast<int32_t>(absl::ToInt64Nanoseconds(broker_.resume_window) % 1'000'000'000));
  for (const std::string& id : session_.resumed_delivery_ids) {
    opened.add_resumed_delivery_ids(id);
  }
  opened.set_in_flight_max(session_.in_flight_max);
  opened.set_broker_version(broker_.broker_version);
  opened.set_rule_set_version(rule_set_version_);
  {
    MutexLock lock(state_mu_);
    // The call may have ended meanwhile, before the rules knew of the session.
    if (ended_) return broker_.session_rules.Close(session_.resume_token);
    if (stage_ == Stage::kOpening) stage_ = Stage::kOpen;
    // Before all that delivery may have said already.
    outbox_.SayFirst(std::move(message));
  }
  LOG_INFO("stream opened", {{"service", open_.service()},
                             {"instance", open_.instance()},
                             {"session", session_.session_name},
                             {"peer", peer_}});
  for (pavane::v1::Notice& notice : notices_) {
    Response said;
    *said.mutable_notice() = std::move(notice);
    Say(std::move(said));
  }
  if (session_.resume_failed) {
    Notify(pavane::v1::SESSION_EXPIRED,
           "the resume token is unknown or its window is over; this is a new session");
  }
  Pump();
  if (open_.has_credit()) Credit(open_.credit());
  ReadOn();
}

void SubscribeStream::Refuse(const absl::Status& why) {
  {
    MutexLock lock(state_mu_);
    stage_ = Stage::kClosing;
  }
  FinishAfterWrites(why);
}

// ---- messages in

bool SubscribeStream::OnMessage(const grpc::ByteBuffer& bytes) {
  Stage stage = Stage::kNew;
  {
    MutexLock lock(state_mu_);
    stage = stage_;
  }
  if (stage == Stage::kClosing) return true;
  Request message;
  const absl::Status parsed = Parse(bytes, &message);
  if (stage == Stage::kNew) {
    if (parsed.ok() && message.message_case() == Request::kOpen) {
      return StartOpening(std::move(*message.mutable_open()));
    }
    Refuse(parsed.ok() ? Violation("the first message must be open") : parsed);
    return false;
  }
  if (parsed.ok()) return OnOpenMessage(std::move(message));
  if (event::ReasonOf(parsed) == pavane::v1::INVALID_UTF8) return SettleOneByOne(ToString(bytes));
  Notify(pavane::v1::PROTOCOL_VIOLATION, std::string(parsed.message()));
  return true;
}

bool SubscribeStream::OnOpenMessage(Request message) {
  switch (message.message_case()) {
    case Request::kSettle:
      return Settle(std::move(*message.mutable_settle()->mutable_settlements()));
    case Request::kExtend:
      return Extend(message.extend());
    case Request::kCredit:
      Credit(message.credit());
      return true;
    case Request::kDrain:
      broker_.dispatcher.DrainSession(session_.id);
      return true;
    case Request::kPing: {
      Response pong;
      pong.mutable_pong()->set_nonce(message.ping().nonce());
      Say(std::move(pong));
      return true;
    }
    case Request::kPong:
      return true;
    case Request::kOpen:
      Notify(pavane::v1::PROTOCOL_VIOLATION, "the stream is open already; the message is ignored");
      return true;
    case Request::MESSAGE_NOT_SET:
      Notify(pavane::v1::UNKNOWN_FIELD,
             "a message of a kind that this broker does not know was ignored");
      return true;
  }
  return true;
}

void SubscribeStream::Credit(const Request::Credit& credit) {
  if (credit.messages() == 0 && credit.bytes() == 0) return;
  broker_.dispatcher.AddCredit(session_.id, credit.messages(), credit.bytes());
}

bool SubscribeStream::MayReadOn() {
  const bool may = calls_ + outbox_.answers() < kItemsWaitingMax;
  paused_ = !may;
  return may;
}

bool SubscribeStream::Settle(ingress::Settler::Settlements settlements) {
  if (settlements.empty()) return true;
  if (settlements.size() > kItemsPerCallMax) {
    ingress::Settler::Results refused(settlements.size());
    for (int i = 0; i < settlements.size(); ++i) {
      refused[i].set_delivery_id(settlements[i].delivery_id());
      *refused[i].mutable_error() = event::ToError(
          event::Invalid(pavane::v1::BATCH_TOO_LARGE, "at most 1,000 settlements in one message"));
    }
    MutexLock lock(state_mu_);
    outbox_.AddSettled(std::move(refused));
    return MayReadOn();
  }
  bool read_on = false;
  {
    MutexLock lock(state_mu_);
    calls_ += settlements.size();
    read_on = MayReadOn();
  }
  broker_.settler.Settle(
      open_.service(), std::move(settlements),
      [self = Self()](ingress::Settler::Results results) { self->OnSettled(std::move(results)); });
  return read_on;
}

void SubscribeStream::OnSettled(ingress::Settler::Results results) {
  {
    MutexLock lock(state_mu_);
    calls_ -= results.size();
    outbox_.AddSettled(std::move(results));
  }
  Pump();
}

bool SubscribeStream::SettleOneByOne(const std::string& bytes) {
  SettleSalvage salvage = SalvageSettlements(bytes);
  if (salvage.good.empty() && salvage.refused.empty()) {
    Notify(pavane::v1::INVALID_UTF8, "a message with a text that is not UTF-8 was ignored");
    return true;
  }
  {
    MutexLock lock(state_mu_);
    outbox_.AddSettled(std::move(salvage.refused));
  }
  Pump();
  return Settle(std::move(salvage.good));
}

bool SubscribeStream::Extend(const Request::Extend& extend) {
  const size_t count = extend.items_size();
  if (count == 0) return true;
  if (count > kItemsPerCallMax) {
    Notify(pavane::v1::BATCH_TOO_LARGE, "at most 1,000 extensions in one message; it was ignored");
    return true;
  }
  bool read_on = false;
  {
    MutexLock lock(state_mu_);
    calls_ += count;
    read_on = MayReadOn();
  }
  broker_.dispatcher.Extend(
      open_.service(), TranslateExtend(extend.items()),
      [self = Self()](std::vector<delivery::ExtendAnswer> answers) { self->OnExtended(answers); });
  return read_on;
}

void SubscribeStream::OnExtended(const std::vector<delivery::ExtendAnswer>& answers) {
  {
    MutexLock lock(state_mu_);
    calls_ -= answers.size();
    outbox_.AddExtended(answers);
  }
  Pump();
}

// ---- messages out

void SubscribeStream::Say(Response message) {
  {
    MutexLock lock(state_mu_);
    if (ended_) return;
    outbox_.Say(std::move(message));
  }
  Pump();
}

void SubscribeStream::Notify(pavane::v1::Reason reason, const std::string& message) {
  Response response;
  response.mutable_notice()->set_reason(reason);
  response.mutable_notice()->set_message(message);
  Say(std::move(response));
}

bool SubscribeStream::BuildMessage(grpc::ByteBuffer* out) {
  bool built = false;
  bool read_on = false;
  bool all_answered = false;
  {
    MutexLock lock(state_mu_);
    if (stage_ == Stage::kNew || stage_ == Stage::kOpening) return false;  // opened comes first
    built = outbox_.Next(open_.batch_max(), out);
    all_answered = !built && half_closed_ && calls_ == 0;
    if (paused_) read_on = MayReadOn();
  }
  if (read_on) ReadOn();
  if (all_answered) FinishAfterWrites(absl::OkStatus());
  return built;
}

void SubscribeStream::Deliver(std::vector<targets::OutgoingDelivery> deliveries) {
  {
    MutexLock lock(state_mu_);
    if (ended_) return;  // delivery learns of the end by CloseSession
    outbox_.AddDeliveries(std::move(deliveries));
  }
  Pump();
}

void SubscribeStream::LeasesLost(std::vector<std::string> delivery_ids) {
  Response message;
  for (std::string& id : delivery_ids) {
    message.mutable_leases_lost()->add_delivery_ids(std::move(id));
  }
  Say(std::move(message));
}

void SubscribeStream::Draining(absl::Time until) {
  Response message;
  event::SetTimestamp(absl::ToUnixMicros(until), message.mutable_draining()->mutable_until());
  Say(std::move(message));
}

void SubscribeStream::Close(const absl::Status& why) { Refuse(why); }

// ---- the end

void SubscribeStream::OnHalfClose() {
  bool connected = false;
  {
    MutexLock lock(state_mu_);
    half_closed_ = true;
    connected = connected_;
    if (stage_ == Stage::kNew) stage_ = Stage::kClosing;
  }
  if (connected) broker_.dispatcher.DrainSession(session_.id);
  Pump();
}

void SubscribeStream::OnEnd(bool cancelled) {
  bool connected = false;
  bool counted = false;
  {
    MutexLock lock(state_mu_);
    ended_ = true;
    connected = connected_;
    counted = counted_;
    outbox_.Clear();
  }
  if (counted) {
    broker_.streams.fetch_sub(1);
    if (broker_.metrics != nullptr) broker_.metrics->streams.Add(-1);
  }
  if (!connected) return;
  broker_.dispatcher.CloseSession(
      session_.id, cancelled ? delivery::CloseKind::kLost : delivery::CloseKind::kOrderly);
  broker_.session_rules.Close(session_.resume_token);
  broker_.health.Disconnected(open_.service());
  LOG_INFO("stream closed", {{"service", open_.service()},
                             {"session", session_.session_name},
                             {"end", cancelled ? "lost" : "orderly"}});
}

}  // namespace pavane::rpc
