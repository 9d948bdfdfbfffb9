#ifndef PAVANE_RPC_PUBLISH_STREAM_H_
#define PAVANE_RPC_PUBLISH_STREAM_H_

#include <cstdint>
#include <deque>
#include <memory>

#include "absl/base/thread_annotations.h"

#include "base/mutex.h"
#include "ingress/publisher.h"
#include "pavane/v1/publisher.pb.h"
#include "rpc/raw_stream.h"

namespace pavane::rpc {

/// One PublishStream call: requests are published as they come, up to a bound at one time, and
/// answered in their order, several in one message where several are done.
class PublishStream : public RawStream {
 public:
  static std::shared_ptr<PublishStream> Open(grpc::CallbackServerContext* context,
                                             ingress::Publisher& publisher);

  PublishStream(grpc::CallbackServerContext* context, ingress::Publisher& publisher)
      : RawStream(context), publisher_(publisher), lane_(store::NewLane()) {}

 private:
  struct Slot {
    bool done = false;
    pavane::v1::PublishStreamResponse::Answer answer;
  };

  bool OnMessage(const grpc::ByteBuffer& bytes) override ABSL_LOCKS_EXCLUDED(slots_mu_);
  void OnHalfClose() override ABSL_LOCKS_EXCLUDED(slots_mu_);
  bool BuildMessage(grpc::ByteBuffer* out) override ABSL_LOCKS_EXCLUDED(slots_mu_);
  void OnEnd(bool) override {}

  /// `number`: which request of the stream it was.
  void OnAnswer(uint64_t number, pavane::v1::PublishResponse response)
      ABSL_LOCKS_EXCLUDED(slots_mu_);

  ingress::Publisher& publisher_;
  const uint64_t lane_;
  std::weak_ptr<PublishStream> weak_self_;

  Mutex slots_mu_;
  std::deque<Slot> slots_ ABSL_GUARDED_BY(slots_mu_);  // requests not answered yet, in order
  uint64_t first_ ABSL_GUARDED_BY(slots_mu_) = 0;      // number of the first slot
  bool paused_ ABSL_GUARDED_BY(slots_mu_) = false;     // not reading
  bool half_closed_ ABSL_GUARDED_BY(slots_mu_) = false;
};

}  // namespace pavane::rpc

#endif  // PAVANE_RPC_PUBLISH_STREAM_H_
