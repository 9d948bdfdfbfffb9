#ifndef PAVANE_CLIENTS_CPP_SRC_STREAM_PUMP_H_
#define PAVANE_CLIENTS_CPP_SRC_STREAM_PUMP_H_

#include <memory>
#include <thread>

#include <google/protobuf/arena.h>
#include <grpcpp/client_context.h>
#include <grpcpp/support/sync_stream.h>

#include "clients/cpp/src/channel.h"

namespace pavane {
inline namespace client {
namespace internal {

// What a stream needs from its owner. The pump holds no lock while it calls.
template <class Request, class Response>
class StreamOwner {
 public:
  using Stream = grpc::ClientReaderWriterInterface<Request, Response>;

  virtual ~StreamOwner() = default;

  // Writer thread, first. May block until connected.
  virtual std::unique_ptr<Stream> OpenStream(grpc::ClientContext& context) = 0;
  // Writer thread. Blocks until there is something to write; null: no more, the stream is half
  // closed.
  virtual std::shared_ptr<const Request> NextRequest() = 0;
  // Reader thread.
  virtual void OnResponse(const std::shared_ptr<const Response>& response) = 0;
  // Reader thread: nothing more comes. From now on NextRequest returns null.
  virtual void OnReadEnd() = 0;
  // Writer thread, last, ok if the broker ended it in order: the pump can be destroyed without
  // waiting.
  virtual void OnStreamEnd(const Error& error) = 0;
};

// Runs one bidirectional stream from opening to its end: a thread that writes what the owner has
// and one that reads. With gRPC's synchronous calls a thread drives its own I/O: no hand-over
// between threads per message, and nothing runs once the destructor has returned. Writing and
// reading each block as flow control wants.
template <class Request, class Response>
class StreamPump {
 public:
  using Owner = StreamOwner<Request, Response>;

  explicit StreamPump(Owner& owner) : owner_(owner), writer_([this] { Write(); }) {}

  // Ends the stream if it is still there and joins.
  ~StreamPump() {
    Cancel();
    writer_.join();
  }

  StreamPump(const StreamPump&) = delete;
  StreamPump& operator=(const StreamPump&) = delete;

  // Ends the stream soon; OnStreamEnd tells when. Any thread.
  void Cancel() { context_.TryCancel(); }

 private:
  void Write() {
    stream_ = owner_.OpenStream(context_);
    std::thread reader([this] { Read(); });
    bool half_closed = false;
    while (std::shared_ptr<const Request> request = owner_.NextRequest()) {
      if (!stream_->Write(*request)) {
        half_closed = true;  // The stream is broken; the reader sees it too.
        break;
      }
    }
    if (!half_closed) stream_->WritesDone();
    reader.join();
    const grpc::Status status = stream_->Finish();
    owner_.OnStreamEnd(FromStatus(status, context_));
  }

  void Read() {
    // The objects of a response lie in few large pieces of memory, not in dozens for each event.
    google::protobuf::ArenaOptions pieces;
    pieces.start_block_size = 1 << 10;
    pieces.max_block_size = 64 << 10;
    while (true) {
      auto arena = std::make_shared<google::protobuf::Arena>(pieces);
      auto* response = google::protobuf::Arena::CreateMessage<Response>(arena.get());
      if (!stream_->Read(response)) break;
      owner_.OnResponse(std::shared_ptr<const Response>(std::move(arena), response));
    }
    owner_.OnReadEnd();
  }

  Owner& owner_;
  grpc::ClientContext context_;
  std::unique_ptr<typename Owner::Stream> stream_;
  // Last: starts when all others are there.
  std::thread writer_;
};

}  // namespace internal
}  // namespace client
}  // namespace pavane

#endif  // PAVANE_CLIENTS_CPP_SRC_STREAM_PUMP_H_
