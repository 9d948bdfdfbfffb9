#include "tests/crash/broker/crash_service.h"

#include <chrono>
#include <functional>
#include <thread>
#include <utility>

namespace pavane::crash {
namespace {

constexpr uint32_t kCredit = 400;

void AddEmit(const pavane::v1::Delivery& delivery, const std::string& type,
             google::protobuf::RepeatedPtrField<pavane::v1::PublishEntry>& emits) {
  io::cloudevents::v1::CloudEvent& event = *emits.Add()->mutable_event();
  event.set_source("/crash/worker");
  event.set_spec_version("1.0");
  event.set_type(type);
  event.set_text_data(R"({"of":")" + delivery.event().id() + R"("})");
}

}  // namespace

CrashService::CrashService(const Daemon& daemon, std::string name, bool worker,
                           const std::string& log_path)
    : Party(daemon, log_path), name_(std::move(name)), worker_(worker) {
  Start();
}

void CrashService::Run() {
  while (!stop_) {
    // A channel of its own each time: nothing of the dead connection is left.
    auto stub = pavane::v1::SubscriberService::NewStub(daemon_.Connect());
    RepeatUnanswered(*stub);
    if (!stop_) RunStream(*stub);
  }
}

CrashService::Sent CrashService::Decide(const pavane::v1::Delivery& delivery) const {
  Sent sent;
  sent.event_id = delivery.event().id();
  sent.attempt = std::to_string(delivery.attempt());
  sent.settlement.set_delivery_id(delivery.delivery_id());
  const size_t chance = std::hash<std::string>()(delivery.delivery_id());
  if (worker_ && chance % 100 < 3) {
    sent.outcome = "reject";
    pavane::v1::Settlement::Reject& reject = *sent.settlement.mutable_reject();
    reject.set_code("CRASH_TEST");
    AddEmit(delivery, "Refused", *reject.mutable_emits());
    // The derived id would be that of the same delivery's earlier rejects, before it was redriven.
    reject.mutable_emits(0)->mutable_event()->set_id("r-" + std::to_string(chance));
  } else if (worker_ && chance % 100 < 13) {
    sent.outcome = "nack";
    sent.settlement.mutable_nack()->mutable_delay()->set_nanos(20'000'000);
  } else {
    sent.outcome = "ack";
    pavane::v1::Settlement::Ack& ack = *sent.settlement.mutable_ack();
    if (worker_) AddEmit(delivery, "Done", *ack.mutable_emits());
  }
  return sent;
}

void CrashService::OnDelivery(const pavane::v1::Delivery& delivery,
                              std::vector<pavane::v1::Settlement>& settlements) {
  const std::string& id = delivery.event().id();
  const bool redriven = delivery.kind() == pavane::v1::Delivery::REDRIVE;
  log_.Write({"got", id, std::to_string(delivery.attempt()), redriven ? "redriven" : "fresh"});
  if (auto late = withheld_.find(id); late != withheld_.end()) {
    late->second.outcome = "late";
    Send(std::move(late->second), settlements);
    withheld_.erase(late);
  }
  Sent sent = Decide(delivery);
  const size_t chance = std::hash<std::string>()(delivery.delivery_id() + "withheld") % 100;
  if (worker_ && chance < 1) {
    withheld_[id] = std::move(sent);
  } else {
    Send(std::move(sent), settlements);
  }
}

void CrashService::Send(Sent sent, std::vector<pavane::v1::Settlement>& settlements) {
  settlements.push_back(sent.settlement);
  const std::string delivery_id = sent.settlement.delivery_id();
  unanswered_[delivery_id] = std::move(sent);
  ++under_way_;
}

void CrashService::OnResult(const pavane::v1::SettleResult& result) {
  auto found = unanswered_.find(result.delivery_id());
  if (found == unanswered_.end()) return;
  const Sent& sent = found->second;
  const std::string reason =
      result.has_error() ? pavane::v1::Reason_Name(result.error().reason()) : "accepted";
  // A refusal that asks to come again leaves the settlement open; the next start repeats it.
  if (result.has_error() && result.error().has_retry_after()) return;
  if (sent.outcome == "late") {
    log_.Write({"late", sent.event_id, reason});
  } else if (result.has_error()) {
    log_.Write({"refused", sent.event_id, reason});
  } else {
    log_.Write({sent.outcome, sent.event_id, sent.attempt,
                result.emits().empty() ? "0" : std::to_string(result.emits(0).sequence())});
    if (sent.outcome == "reject") ++rejects_accepted_;
  }
  unanswered_.erase(found);
  --under_way_;
}

void CrashService::RepeatUnanswered(pavane::v1::SubscriberService::Stub& stub) {
  while (!unanswered_.empty()) {
    pavane::v1::SettleRequest request;
    request.set_service(name_);
    for (const auto& [id, sent] : unanswered_) {
      if (request.settlements_size() < 500) *request.add_settlements() = sent.settlement;
    }
    grpc::ClientContext context;
    context.set_wait_for_ready(true);
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20));
    pavane::v1::SettleResponse response;
    if (!stub.Settle(&context, request, &response).ok()) {
      if (stop_) return;
      continue;
    }
    for (const pavane::v1::SettleResult& result : response.results()) OnResult(result);
  }
}

void CrashService::RunStream(pavane::v1::SubscriberService::Stub& stub) {
  grpc::ClientContext context;
  context.set_wait_for_ready(true);
  auto stream = stub.Subscribe(&context);
  // Ends the blocking read when the run stops.
  std::atomic<bool> ended = false;
  std::thread watch([this, &context, &ended] {
    while (!stop_ && !ended) std::this_thread::sleep_for(std::chrono::milliseconds(20));
    if (!ended) context.TryCancel();
  });
  pavane::v1::SubscribeRequest open;
  open.mutable_open()->set_service(name_);
  open.mutable_open()->mutable_credit()->set_messages(kCredit);
  bool alive = stream->Write(open);
  pavane::v1::SubscribeResponse response;
  while (alive && stream->Read(&response)) {
    for (const pavane::v1::SettleResult& result : response.settle_results().results()) {
      OnResult(result);
    }
    if (response.deliveries().deliveries().empty()) continue;
    std::vector<pavane::v1::Settlement> settlements;
    for (const pavane::v1::Delivery& delivery : response.deliveries().deliveries()) {
      OnDelivery(delivery, settlements);
    }
    pavane::v1::SubscribeRequest settle;
    for (pavane::v1::Settlement& settlement : settlements) {
      *settle.mutable_settle()->add_settlements() = std::move(settlement);
    }
    if (settle.settle().settlements_size() > 0) alive = stream->Write(settle);
    pavane::v1::SubscribeRequest credit;
    credit.mutable_credit()->set_messages(response.deliveries().deliveries_size());
    alive = alive && stream->Write(credit);
  }
  ended = true;
  stream->WritesDone();
  stream->Finish();
  watch.join();
}

}  // namespace pavane::crash
