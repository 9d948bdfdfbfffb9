#include "rpc/publish_stream.h"

#include <utility>

#include "rpc/publish_request.h"
#include "rpc/wire.h"

namespace pavane::rpc {
namespace {

// Requests of one stream that wait for their answers; more are not read.
constexpr size_t kRequestsMax = 256;
// Answers in one message.
constexpr int kAnswersPerMessageMax = 256;

}  // namespace

std::shared_ptr<PublishStream> PublishStream::Open(grpc::CallbackServerContext* context,
                                                   ingress::Publisher& publisher) {
  auto stream = std::make_shared<PublishStream>(context, publisher);
  stream->weak_self_ = stream;
  stream->Begin(stream);
  return stream;
}

bool PublishStream::OnMessage(const grpc::ByteBuffer& bytes) {
  uint64_t request_id = 0;
  absl::StatusOr<ingress::IncomingBatch> batch = ParseStreamRequest(bytes, &request_id);
  if (!batch.ok()) {
    // Without its id and entries the request cannot be answered.
    FinishAfterWrites(batch.status());
    return false;
  }
  batch->lane = lane_;
  const int entries = batch->request->entries_size();
  uint64_t number = 0;
  bool read_on = false;
  {
    MutexLock lock(slots_mu_);
    number = first_ + slots_.size();
    Slot& slot = slots_.emplace_back();
    slot.answer.set_request_id(request_id);
    read_on = slots_.size() < kRequestsMax;
    paused_ = !read_on;
  }
  publisher_.Publish(*std::move(batch), [self = weak_self_.lock(), number, entries](
                                            absl::StatusOr<pavane::v1::PublishResponse> response) {
    self->OnAnswer(number,
                   response.ok() ? *std::move(response) : RefuseEach(response.status(), entries));
  });
  return read_on;
}

void PublishStream::OnAnswer(uint64_t number, pavane::v1::PublishResponse response) {
  {
    MutexLock lock(slots_mu_);
    Slot& slot = slots_[number - first_];
    slot.answer.mutable_results()->Swap(response.mutable_results());
    slot.done = true;
    if (number != first_) return;  // an earlier one is still to come
  }
  Pump();
}

bool PublishStream::BuildMessage(grpc::ByteBuffer* out) {
  pavane::v1::PublishStreamResponse message;
  bool read_on = false;
  bool all_answered = false;
  {
    MutexLock lock(slots_mu_);
    while (!slots_.empty() && slots_.front().done &&
           message.answers_size() < kAnswersPerMessageMax) {
      *message.add_answers() = std::move(slots_.front().answer);
      slots_.pop_front();
      ++first_;
    }
    read_on = paused_ && slots_.size() < kRequestsMax / 2;
    if (read_on) paused_ = false;
    all_answered = half_closed_ && slots_.empty();
  }
  if (read_on) ReadOn();
  if (message.answers_size() > 0) {
    *out = Serialize(message);
    return true;
  }
  if (all_answered) FinishAfterWrites(absl::OkStatus());
  return false;
}

void PublishStream::OnHalfClose() {
  {
    MutexLock lock(slots_mu_);
    half_closed_ = true;
  }
  Pump();
}

}  // namespace pavane::rpc
