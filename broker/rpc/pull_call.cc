#include "rpc/pull_call.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"

#include "admin/names.h"
#include "base/status_macros.h"
#include "event/duration.h"
#include "event/reason.h"
#include "rpc/delivery_encoding.h"
#include "rpc/grpc_status.h"
#include "rpc/wire.h"

namespace pavane::rpc {
namespace {

constexpr uint32_t kDeliveriesMax = 1000;
constexpr uint64_t kBytesMax = 4 << 20;
constexpr absl::Duration kWaitMax = absl::Seconds(60);

absl::StatusOr<delivery::PullOptions> TranslatePull(const pavane::v1::PullRequest& request) {
  RETURN_IF_ERROR(admin::CheckServiceName(request.service()));
  if (request.deliveries_max() > kDeliveriesMax) {
    return event::Invalid(
        pavane::v1::BATCH_TOO_LARGE,
        absl::StrCat("deliveries_max is ", request.deliveries_max(), "; at most ", kDeliveriesMax));
  }
  delivery::PullOptions options;
  options.service = request.service();
  options.deliveries_max = std::max(request.deliveries_max(), uint32_t{1});
  // Above, the answer would be larger than what clients accept without being told.
  options.bytes_max =
      request.bytes_max() == 0 ? kBytesMax : std::min(request.bytes_max(), kBytesMax);
  options.wait = event::ToDuration(request.wait());
  options.wait = std::clamp(options.wait, absl::ZeroDuration(), kWaitMax);
  return options;
}

}  // namespace

grpc::ServerUnaryReactor* PullCall::Start(grpc::CallbackServerContext* context,
                                          delivery::Dispatcher& dispatcher,
                                          const grpc::ByteBuffer& request,
                                          grpc::ByteBuffer* response) {
  auto call = std::make_shared<PullCall>(context, dispatcher, response);
  call->self_ = call;
  call->weak_self_ = call;
  call->Run(request);
  return call.get();
}

void PullCall::Run(const grpc::ByteBuffer& bytes) {
  pavane::v1::PullRequest request;
  absl::Status status = Parse(bytes, &request);
  absl::StatusOr<delivery::PullOptions> options =
      status.ok() ? TranslatePull(request) : absl::StatusOr<delivery::PullOptions>(status);
  if (!options.ok()) return FinishOnce(options.status());
  dispatcher_.Pull(*options, [self = weak_self_.lock(), service = options->service](
                                 std::vector<targets::OutgoingDelivery> deliveries) {
    self->OnDeliveries(service, std::move(deliveries));
  });
}

void PullCall::OnDeliveries(const std::string& service,
                            std::vector<targets::OutgoingDelivery> deliveries) {
  {
    MutexLock lock(mu_);
    if (!finished_) {
      finished_ = true;
      *response_ = EncodePullResponse(deliveries);
      Finish(grpc::Status::OK);
      return;
    }
  }
  std::vector<delivery::SettlementRequest> releases;
  releases.reserve(deliveries.size());
  for (targets::OutgoingDelivery& delivery : deliveries) {
    releases.push_back({std::move(delivery.delivery_id), delivery::Release{}});
  }
  if (!releases.empty()) dispatcher_.Settle(service, std::move(releases), [](auto) {});
}

void PullCall::FinishOnce(const absl::Status& status) {
  MutexLock lock(mu_);
  if (finished_) return;
  finished_ = true;
  Finish(ToGrpcStatus(status, context_));
}

void PullCall::OnCancel() { FinishOnce(absl::CancelledError("the call was cancelled")); }

void PullCall::OnDone() { std::exchange(self_, nullptr).reset(); }

}  // namespace pavane::rpc
