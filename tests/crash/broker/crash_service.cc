#include "tests/crash/broker/crash_service.h"

#include <chrono>
#include <functional>

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
    : daemon_(daemon), name_(std::move(name)), worker_(worker), log_(log_path) {
  thread_ = std::thread([this] { Run(); });
}

CrashService::~CrashService() { Stop(); }

void CrashService::Stop() {
  stop_ = true;
  if (thread_.joinable()) thread_.join();
}

void CrashService::Run() {
  while (!stop_) {
    // A channel of its own each time: nothing of the dead connection is left.
    auto stub = pavane::v1::SubscriberService::NewStub(daemon_.Connect());
    RepeatUnanswered(*stub);
    if (!stop_) RunStream(*stub);
  }
}

bool CrashService::Decide(const pavane::v1::Delivery& delivery, Sent& sent) const {
  sent.event_id = delivery.event().id();
  sent.settlement.set_delivery_id(delivery.delivery_id());
  const size_t chance =
      std::hash<std::string>()(sent.event_id + "/" + std::to_string(delivery.attempt())) % 100;
  if (worker_ && chance < 1) return false;  // says nothing: the lease ends
  if (worker_ && chance < 4) {
    sent.outcome = "reject";
    pavane::v1::Settlement::Reject& reject = *sent.settlement.mutable_reject();
    reject.set_code("CRASH_TEST");
    AddEmit(delivery, "Refused", *reject.mutable_emits());
    return true;
  }
  if (worker_ && chance < 14) {
    sent.outcome = "nack";
    sent.settlement.mutable_nack()->mutable_delay()->set_nanos(20'000'000);
    return true;
  }
  sent.outcome = "ack";
  pavane::v1::Settlement::Ack& ack = *sent.settlement.mutable_ack();
  if (worker_) AddEmit(delivery, "Done", *ack.mutable_emits());
  return true;
}

void CrashService::OnResult(const pavane::v1::SettleResult& result) {
  auto found = unanswered_.find(result.delivery_id());
  if (found == unanswered_.end()) return;
  const Sent& sent = found->second;
  if (result.has_error()) {
    // A refusal that asks to come again leaves the settlement open; the next start repeats it.
    if (result.error().has_retry_after()) return;
    log_.Write({"refused", sent.event_id, pavane::v1::Reason_Name(result.error().reason())});
  } else {
    log_.Write({sent.outcome, sent.event_id,
                result.emits().empty() ? "0" : std::to_string(result.emits(0).sequence())});
    ++accepted_;
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
    pavane::v1::SubscribeRequest settle;
    for (const pavane::v1::Delivery& delivery : response.deliveries().deliveries()) {
      log_.Write({"got", delivery.event().id()});
      Sent sent;
      if (!Decide(delivery, sent)) continue;
      *settle.mutable_settle()->add_settlements() = sent.settlement;
      unanswered_[delivery.delivery_id()] = std::move(sent);
      ++under_way_;
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
