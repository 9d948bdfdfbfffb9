#include "targets/dialled_service.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "absl/strings/strip.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/security/credentials.h"
#include "grpcpp/support/channel_arguments.h"

#include "base/log.h"
#include "targets/call_failure.h"
#include "targets/delivery_proto.h"

namespace pavane::targets {
namespace {

constexpr char kPluginServiceName[] = "pavane.v1.PluginService";
constexpr size_t kCallsMax = 1'000;
constexpr size_t kBatchMax = 1'000;
constexpr absl::Duration kDescribeTimeout = absl::Seconds(10);
constexpr absl::Duration kHealthPauseMax = absl::Seconds(30);

// "grpc://HOST:PORT" or "grpc+unix:/PATH", as gRPC names them.
std::string GrpcTarget(absl::string_view address) {
  if (absl::ConsumePrefix(&address, "grpc://")) return std::string(address);
  absl::ConsumePrefix(&address, "grpc+");
  return std::string(address);
}

std::shared_ptr<grpc::Channel> MakeChannel(const DialledService::Options& options) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(options.message_bytes_max);
  arguments.SetMaxSendMessageSize(options.message_bytes_max);
  // The delivery's own back-off decides when to try again; the channel shall not be slower.
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 1000);
  return grpc::CreateCustomChannel(GrpcTarget(options.address), grpc::InsecureChannelCredentials(),
                                   arguments);
}

std::chrono::system_clock::time_point After(absl::Duration pause) {
  return std::chrono::system_clock::now() + absl::ToChronoMicroseconds(pause);
}

}  // namespace

struct DialledService::HandleCall {
  std::vector<Waiting> batch;
  grpc::ClientContext context;
  pavane::v1::HandleRequest request;
  pavane::v1::HandleResponse response;
};

struct DialledService::DescribeCall {
  std::shared_ptr<grpc::ClientContext> context;
  pavane::v1::DescribeRequest request;
  pavane::v1::DescribeResponse response;
};

/// The stream of health changes; deletes itself when it is done.
class DialledService::HealthWatch
    : public grpc::ClientReadReactor<grpc::health::v1::HealthCheckResponse> {
 public:
  HealthWatch(std::shared_ptr<DialledService> owner, std::shared_ptr<grpc::ClientContext> context)
      : owner_(std::move(owner)), context_(std::move(context)) {
    request_.set_service(kPluginServiceName);
    owner_->health_->async()->Watch(context_.get(), &request_, this);
    StartRead(&response_);
    StartCall();
  }

  void OnReadDone(bool ok) override {
    if (!ok) return;
    // A service that has no health of its own, or not yet, is taken to serve.
    owner_->OnHealth(response_.status() != grpc::health::v1::HealthCheckResponse::NOT_SERVING);
    StartRead(&response_);
  }
  void OnDone(const grpc::Status& status) override {
    const std::shared_ptr<DialledService> owner = std::move(owner_);
    delete this;
    owner->OnHealthDone(status);
  }

 private:
  std::shared_ptr<DialledService> owner_;
  std::shared_ptr<grpc::ClientContext> context_;
  grpc::health::v1::HealthCheckRequest request_;
  grpc::health::v1::HealthCheckResponse response_;
};

DialledService::DialledService(DialOutHost& host, Options options)
    : host_(host),
      options_(std::move(options)),
      channel_(MakeChannel(options_)),
      plugin_(pavane::v1::PluginService::NewStub(channel_)),
      health_(grpc::health::v1::Health::NewStub(channel_)) {}

void DialledService::Start() {
  host_.OpenSession(options_.address, shared_from_this());
  StartDescribe();
  StartHealthWatch();
  GiveCredit();
}

void DialledService::Stop() {
  {
    MutexLock lock(mu_);
    if (stopped_) return;
    stopped_ = true;
    waiting_.clear();
    for (HandleCall* call : calls_) call->context.TryCancel();
    if (describe_context_) describe_context_->TryCancel();
    if (health_context_) health_context_->TryCancel();
    if (health_alarm_) health_alarm_->Cancel();
  }
  host_.CloseSession(options_.address);
}

void DialledService::AwaitCalls() {
  MutexLock lock(mu_);
  while (under_way_ > 0) idle_.Wait(mu_);
}

// ---- deliveries

void DialledService::Deliver(std::vector<OutgoingDelivery> deliveries) {
  std::vector<pavane::v1::Settlement> released;
  {
    MutexLock lock(mu_);
    if (stopped_) return;
    in_hand_ += deliveries.size();
    credit_given_ -= std::min(credit_given_, deliveries.size());
    for (OutgoingDelivery& delivery : deliveries) waiting_.push_back({std::move(delivery), false});
    // Handed out before the credit was withdrawn: its lease shall not run out here.
    if (!serving_) released = ReleaseWaiting();
    CallWhatFits();
  }
  if (!released.empty()) host_.Settle(options_.address, std::move(released));
}

void DialledService::LeasesLost(std::vector<std::string> delivery_ids) {
  {
    MutexLock lock(mu_);
    const absl::flat_hash_set<std::string> lost(delivery_ids.begin(), delivery_ids.end());
    in_hand_ -= std::erase_if(waiting_, [&lost](const Waiting& waiting) {
      return lost.contains(waiting.delivery.delivery_id);
    });
  }
  GiveCredit();
}

void DialledService::Draining(absl::Time) {}

void DialledService::Close(const absl::Status&) { Stop(); }

void DialledService::CallWhatFits() {
  while (!stopped_ && serving_ && !waiting_.empty() && calls_.size() < calls_max_) {
    StartCall(TakeBatch());
  }
}

// What the first waiting delivery goes with: nothing when it goes alone; others of its target when
// that bounds its batches, so that each call is a batch of that target; whatever comes next
// otherwise.
std::vector<DialledService::Waiting> DialledService::TakeBatch() {
  std::vector<Waiting> batch;
  batch.push_back(std::move(waiting_.front()));
  waiting_.pop_front();
  if (batch.front().alone) return batch;
  const std::shared_ptr<const TargetNames> names = batch.front().delivery.names;
  const size_t bound = batch.front().delivery.batch_max;
  const size_t size_max = bound == 0 ? batch_max_ : std::min(batch_max_, bound);
  for (auto next = waiting_.begin(); next != waiting_.end() && batch.size() < size_max;) {
    const bool fits = bound == 0 ? next->delivery.batch_max == 0 : next->delivery.names == names;
    if (next->alone || !fits) {
      if (bound == 0) break;
      ++next;
      continue;
    }
    batch.push_back(std::move(*next));
    next = waiting_.erase(next);
  }
  return batch;
}

void DialledService::StartCall(std::vector<Waiting> batch) {
  auto call = std::make_shared<HandleCall>();
  absl::Time deadline = absl::InfiniteFuture();
  for (const Waiting& waiting : batch) {
    ToProto(waiting.delivery, call->request.add_deliveries());
    deadline = std::min(deadline, waiting.delivery.lease_expires_at);
  }
  call->batch = std::move(batch);
  call->context.set_deadline(absl::ToChronoTime(deadline));
  calls_.insert(call.get());
  ++under_way_;
  plugin_->async()->Handle(&call->context, &call->request, &call->response,
                           [self = shared_from_this(), call](const grpc::Status& status) {
                             self->OnHandled(*call, status);
                           });
}

void DialledService::OnHandled(HandleCall& call, const grpc::Status& status) {
  std::vector<pavane::v1::Settlement> settlements;
  const bool split = !status.ok() && !IsRetryable(status.error_code()) && call.batch.size() > 1;
  absl::flat_hash_set<std::string> open;
  for (const Waiting& waiting : call.batch) open.insert(waiting.delivery.delivery_id);
  if (status.ok()) {
    for (pavane::v1::Settlement& settlement : *call.response.mutable_settlements()) {
      if (open.erase(settlement.delivery_id()) > 0) settlements.push_back(std::move(settlement));
    }
    for (const std::string& id : open) settlements.push_back(SettlementForMissing(id));
  } else if (!split) {
    for (const std::string& id : open) settlements.push_back(SettlementForFailure(id, status));
  }
  bool stopped = false;
  {
    MutexLock lock(mu_);
    stopped = stopped_;
    calls_.erase(&call);
    if (split && !stopped_) {
      // One of them may be what the service refuses: each goes alone, in the same attempt.
      for (Waiting& waiting : call.batch) {
        waiting_.push_front({std::move(waiting.delivery), true});
      }
    } else {
      in_hand_ -= std::min(in_hand_, call.batch.size());
    }
    CallWhatFits();
  }
  // Of a stopped service the leases are given back with the session, so no attempt is counted.
  if (!stopped && !settlements.empty()) host_.Settle(options_.address, std::move(settlements));
  GiveCredit();
  MutexLock lock(mu_);
  if (--under_way_ == 0) idle_.NotifyAll();
}

void DialledService::GiveCredit() {
  uint32_t more = 0;
  {
    MutexLock lock(mu_);
    const size_t wanted = calls_max_ * batch_max_ * 2;
    if (stopped_ || !serving_ || in_hand_ + credit_given_ >= wanted) return;
    more = static_cast<uint32_t>(wanted - in_hand_ - credit_given_);
    credit_given_ += more;
  }
  host_.AddCredit(options_.address, more);
}

// ---- Describe

void DialledService::StartDescribe() {
  auto call = std::make_shared<DescribeCall>();
  call->context = std::make_shared<grpc::ClientContext>();
  call->context->set_deadline(After(kDescribeTimeout));
  call->request.set_broker_version(options_.broker_version);
  {
    MutexLock lock(mu_);
    if (stopped_ || describe_context_ != nullptr) return;
    describe_context_ = call->context;
    ++under_way_;
  }
  plugin_->async()->Describe(call->context.get(), &call->request, &call->response,
                             [self = shared_from_this(), call](const grpc::Status& status) {
                               self->OnDescribed(status, call->response);
                             });
}

void DialledService::OnDescribed(const grpc::Status& status,
                                 const pavane::v1::DescribeResponse& response) {
  {
    MutexLock lock(mu_);
    describe_context_ = nullptr;
    if (status.ok()) {
      calls_max_ = std::clamp<size_t>(response.calls_max(), 1, kCallsMax);
      batch_max_ = std::clamp<size_t>(response.batch_max(), 1, kBatchMax);
      CallWhatFits();
    }
  }
  if (status.ok()) host_.Described(options_.address, response.service(), response.contract());
  GiveCredit();
  MutexLock lock(mu_);
  if (--under_way_ == 0) idle_.NotifyAll();
}

// ---- health

void DialledService::StartHealthWatch() {
  std::shared_ptr<grpc::ClientContext> context;
  {
    MutexLock lock(mu_);
    if (stopped_) return;
    context = health_context_ = std::make_shared<grpc::ClientContext>();
    context->set_wait_for_ready(true);
    ++under_way_;
  }
  new HealthWatch(shared_from_this(), std::move(context));  // deletes itself
}

void DialledService::OnHealth(bool serving) {
  std::vector<pavane::v1::Settlement> released;
  {
    MutexLock lock(mu_);
    health_pause_ = absl::Seconds(1);
    if (serving != serving_) {
      serving_ = serving;
      LOG_INFO("dialled service changed its health",
               {{"address", options_.address}, {"serving", serving}});
    }
    if (!serving) {
      released = ReleaseWaiting();
      credit_given_ = 0;
    }
    CallWhatFits();
  }
  if (!serving) host_.WithdrawCredit(options_.address);
  if (!released.empty()) host_.Settle(options_.address, std::move(released));
  if (serving) StartDescribe();  // a restarted service may say something else
  GiveCredit();
}

std::vector<pavane::v1::Settlement> DialledService::ReleaseWaiting() {
  std::vector<pavane::v1::Settlement> released;
  for (const Waiting& waiting : waiting_) {
    released.emplace_back().set_delivery_id(waiting.delivery.delivery_id);
    released.back().mutable_release();
  }
  in_hand_ -= waiting_.size();
  waiting_.clear();
  return released;
}

void DialledService::OnHealthDone(const grpc::Status& status) {
  {
    MutexLock lock(mu_);
    health_context_ = nullptr;
    serving_ = true;  // unknown again: calls tell
    CallWhatFits();
  }
  GiveCredit();
  MutexLock lock(mu_);
  // A service without the health protocol is not asked again.
  if (!stopped_ && status.error_code() != grpc::StatusCode::UNIMPLEMENTED) {
    health_alarm_ = std::make_unique<grpc::Alarm>();
    ++under_way_;
    health_alarm_->Set(After(health_pause_), [self = shared_from_this()](bool ok) {
      if (ok) self->StartHealthWatch();
      self->GiveCredit();
      MutexLock done(self->mu_);
      if (--self->under_way_ == 0) self->idle_.NotifyAll();
    });
    health_pause_ = std::min(health_pause_ * 2, kHealthPauseMax);
  }
  if (--under_way_ == 0) idle_.NotifyAll();
}

}  // namespace pavane::targets
