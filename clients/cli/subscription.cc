#include "clients/cli/subscription.h"

#include <unistd.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

#include "clients/cli/escape.h"
#include "clients/cli/event_printer.h"
#include "clients/cli/interrupt.h"
#include "clients/cli/status.h"

namespace pavane::cli {
namespace {

using ::pavane::v1::Delivery;
using ::pavane::v1::ServiceRule;
using ::pavane::v1::Settlement;
using ::pavane::v1::SettleResult;
using ::pavane::v1::SubscriberService;

// Enough to keep a terminal busy, little enough to give back quickly.
constexpr uint64_t kCreditMax = 100;
// The broker answers a ping after all deliveries it has written: then no more are on their way.
constexpr uint64_t kDrainNonce = 1;
constexpr absl::Duration kDrainTimeMax = absl::Seconds(5);

std::string Identity(const Delivery& delivery) {
  return absl::StrCat(delivery.bus(), "/", delivery.sequence(), "/", delivery.rule(), "/",
                      delivery.target());
}

}  // namespace

Subscription::Subscription(const Context& context, const Connection& broker,
                           SubscriptionOptions options)
    : context_(context), broker_(broker), options_(std::move(options)) {}

uint64_t Subscription::WantedCredit() const {
  if (options_.count == 0) return kCreditMax;
  return std::min(options_.count - std::min(options_.count, printed_), kCreditMax);
}

Subscription::Request Subscription::OpenRequest() const {
  Request request;
  Request::Open* open = request.mutable_open();
  open->set_service(options_.service);
  open->set_instance(absl::StrCat("pavane-cli-", getpid()));
  open->mutable_credit()->set_messages(static_cast<uint32_t>(WantedCredit()));
  if (options_.pattern.empty()) return request;
  ServiceRule* rule = open->add_session_rules();
  rule->set_name("subscribe");
  rule->set_pattern(options_.pattern);
  rule->set_bus(options_.bus);
  rule->set_lifetime(ServiceRule::EPHEMERAL);
  return request;
}

absl::Status Subscription::Run() {
  SubscriberService::Stub stub(broker_.channel());
  stream_ = stub.Subscribe(&call_);
  credit_ = WantedCredit();
  Write(OpenRequest());
  // From here on ^C drains; before, it just ends the process.
  Interrupt interrupt(options_.limit, [this] { OnInterrupt(); });
  Response response;
  while (stream_->Read(&response)) OnResponse(response);
  ended_.Notify();
  const grpc::Status status = stream_->Finish();
  return Outcome(status, interrupt.stopped());
}

void Subscription::OnResponse(const Response& response) {
  switch (response.message_case()) {
    case Response::kDeliveries:
      OnDeliveries(response.deliveries());
      break;
    case Response::kSettleResults:
      OnSettleResults(response.settle_results());
      break;
    case Response::kLeasesLost:
      context_.err() << "pavane: " << response.leases_lost().delivery_ids_size()
                     << " leases ended before they were settled; these come again\n";
      break;
    case Response::kNotice:
      context_.err() << "pavane: " << EscapeForTerminal(response.notice().message()) << "\n";
      break;
    case Response::kPing: {
      Request request;
      request.mutable_pong()->set_nonce(response.ping().nonce());
      Write(request);
      break;
    }
    case Response::kPong:
      drained_ = drained_ || response.pong().nonce() == kDrainNonce;
      break;
    case Response::kDraining:
      broker_stops_ = true;
      Drain();
      break;
    default:
      break;
  }
  CloseIfDone();
}

void Subscription::Handle(const Delivery& delivery, Settlement* settlement) {
  settlement->set_delivery_id(delivery.delivery_id());
  const bool stop = [this] {
    absl::MutexLock lock(&mu_);
    return draining_;
  }();
  const bool unwanted = stop || Enough() || !output_.ok();
  const bool print = !unwanted && (!options_.release || seen_.insert(Identity(delivery)).second);
  if (print) {
    PrintDelivery(context_, delivery);
    output_ = context_.Flush();
    printed_ += output_.ok() ? 1 : 0;
  }
  if (print && output_.ok() && !options_.release) {
    settlement->mutable_ack();
  } else {
    settlement->mutable_release();
  }
}

void Subscription::OnDeliveries(const Response::DeliveryBatch& batch) {
  Request settle;
  for (const Delivery& delivery : batch.deliveries()) {
    Handle(delivery, settle.mutable_settle()->add_settlements());
  }
  credit_ -= std::min<uint64_t>(credit_, batch.deliveries_size());
  unanswered_ += batch.deliveries_size();
  Write(settle);
  if (Enough() || !output_.ok()) return Drain();
  if (WantedCredit() <= credit_) return;
  Request more;
  more.mutable_credit()->set_messages(static_cast<uint32_t>(WantedCredit() - credit_));
  credit_ = WantedCredit();
  Write(more);
}

void Subscription::OnSettleResults(const Response::SettleResults& results) {
  unanswered_ -= std::min<uint64_t>(unanswered_, results.results_size());
  for (const SettleResult& result : results.results()) {
    if (!result.has_error()) continue;
    ++refused_;
    context_.err() << "pavane: a settlement was refused: "
                   << pavane::v1::Reason_Name(result.error().reason()) << ": "
                   << EscapeForTerminal(result.error().message()) << "\n";
  }
}

void Subscription::Drain() {
  absl::MutexLock lock(&mu_);
  if (draining_) return;
  draining_ = true;
  Request drain;
  drain.mutable_drain();
  stream_->Write(drain);
  Request ping;
  ping.mutable_ping()->set_nonce(kDrainNonce);
  stream_->Write(ping);
}

void Subscription::OnInterrupt() {
  Drain();
  if (!ended_.WaitForNotificationWithTimeout(kDrainTimeMax)) call_.TryCancel();
}

void Subscription::CloseIfDone() {
  // With all credit used nothing can come, whether the broker has ponged or not.
  const bool nothing_comes = drained_ || (Enough() && credit_ == 0);
  if (closed_ || !nothing_comes || unanswered_ > 0) return;
  closed_ = true;
  absl::MutexLock lock(&mu_);
  stream_->WritesDone();
}

void Subscription::Write(const Request& request) {
  if (closed_) return;
  absl::MutexLock lock(&mu_);
  // A failed write means that the stream has ended; reading tells why.
  stream_->Write(request);
}

absl::Status Subscription::Outcome(const grpc::Status& status, bool interrupted) const {
  CLI_RETURN_IF_ERROR(output_);
  if (refused_ > 0) return absl::AbortedError(absl::StrCat(refused_, " settlements were refused"));
  if (Enough()) return absl::OkStatus();
  if (interrupted && options_.count == 0) return absl::OkStatus();
  if (interrupted) {
    return absl::CancelledError(
        absl::StrCat("stopped after ", printed_, " of ", options_.count, " events"));
  }
  if (broker_stops_) return absl::UnavailableError("the broker is stopping");
  CLI_RETURN_IF_ERROR(broker_.ToStatus(status, call_));
  return absl::UnavailableError("the broker ended the stream");
}

}  // namespace pavane::cli
