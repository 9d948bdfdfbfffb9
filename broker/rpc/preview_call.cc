#include "rpc/preview_call.h"

#include <utility>

#include "rpc/wire.h"

namespace pavane::rpc {

grpc::ServerWriteReactor<grpc::ByteBuffer>* PreviewCall::Start(grpc::CallbackServerContext* context,
                                                               AdminContext& admin,
                                                               const grpc::ByteBuffer& request) {
  auto call = std::make_shared<PreviewCall>(context, admin);
  const absl::Status parsed = Parse(request, &call->request_);
  return Begin(std::move(call), parsed);
}

void PreviewCall::Step() {
  if (run_ == nullptr) {
    auto run = admin_.previewer.Start(request_);
    if (!run.ok()) return FinishOnce(run.status());
    run_ = *std::move(run);
  }
  const auto found = admin_.previewer.Step(*run_);
  if (!found.ok()) return FinishOnce(found.status());
  Write(Serialize(*found), found->done());
}

}  // namespace pavane::rpc
