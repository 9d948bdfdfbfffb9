#ifndef PAVANE_CLIENTS_CPP_SRC_PUBLISHER_IMPL_H_
#define PAVANE_CLIENTS_CPP_SRC_PUBLISHER_IMPL_H_

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <thread>

#include "clients/cpp/src/backoff.h"
#include "clients/cpp/src/clock.h"
#include "clients/cpp/src/publish_queue.h"
#include "clients/cpp/src/stream_pump.h"
#include "pavane/publisher.h"
#include "pavane/v1/publisher.pb.h"

namespace pavane {
inline namespace client {
namespace internal {

// The threads of a Publisher around its PublishQueue: a loop that connects, backs off and expires;
// and, while connected, the two of a StreamPump. Callbacks run on the reader (answers) and on the
// loop (deadlines, end).
class PublisherImpl : private StreamOwner<grpc::ByteBuffer, pavane::v1::PublishStreamResponse> {
 public:
  // Messages as bytes: see PublishBatch.
  using Request = grpc::ByteBuffer;
  using Response = pavane::v1::PublishStreamResponse;

  PublisherImpl(PublisherOptions options, Clock& clock);
  ~PublisherImpl() override;

  void Publish(PublishEntry entry, PublishCallback callback);
  bool Flush(std::chrono::milliseconds timeout);

 private:
  // StreamOwner.
  std::unique_ptr<Stream> OpenStream(grpc::ClientContext& context) override;
  std::shared_ptr<const Request> NextRequest() override;
  void OnResponse(const std::shared_ptr<const Response>& response) override;
  void OnReadEnd() override;
  void OnStreamEnd(const Error& error) override;

  pavane::v1::PublishEntry MakeEntry(PublishEntry entry) const;
  // Waits for room. Not ok: the event is refused.
  Error Reserve(std::unique_lock<std::mutex>& lock, size_t bytes);

  void Loop();
  // One round of the loop, `lock` held: everything that is due.
  void Tend(std::unique_lock<std::mutex>& lock);
  void JoinStream(std::unique_lock<std::mutex>& lock);
  void EndStream(std::unique_lock<std::mutex>& lock);
  void Connect();
  SteadyTime NextWake(SteadyTime now) const;
  // Releases `lock` around the callbacks, then counts the events as answered.
  void RunCallbacks(std::unique_lock<std::mutex>& lock, PublishQueue::Answered answered);

  // Constant after construction.
  const PublisherOptions options_;
  const std::string address_;
  Clock& clock_;

  std::mutex mu_;
  // What each waits for: the loop, the writer of the stream, Publish for room, Flush.
  std::condition_variable loop_wake_;
  std::condition_variable writer_wake_;
  std::condition_variable room_;
  std::condition_variable flushed_;

  // Guarded by mu_.
  PublishQueue queue_;
  Backoff backoff_;
  size_t unanswered_events_ = 0;
  size_t unanswered_bytes_ = 0;
  // Unanswered events by the Flush that came before them.
  std::map<uint64_t, size_t> epochs_;
  uint64_t epoch_ = 0;
  bool stopping_ = false;
  SteadyTime connect_at_ = {};
  Error connection_error_;
  // Whether the stream was of use, has nothing more to read, is over.
  bool stream_answered_ = false;
  bool read_ended_ = false;
  bool stream_ended_ = false;
  std::unique_ptr<StreamPump<Request, Response>> pump_;

  // The stream's writer only.
  std::shared_ptr<grpc::Channel> channel_;

  // Last: starts when all others are there.
  std::thread loop_;
};

}  // namespace internal
}  // namespace client
}  // namespace pavane

#endif  // PAVANE_CLIENTS_CPP_SRC_PUBLISHER_IMPL_H_
