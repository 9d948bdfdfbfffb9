#ifndef PAVANE_RPC_RAW_STREAM_H_
#define PAVANE_RPC_RAW_STREAM_H_

#include <memory>
#include <optional>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "grpcpp/server_context.h"
#include "grpcpp/support/byte_buffer.h"
#include "grpcpp/support/server_callback.h"

#include "base/mutex.h"

namespace pavane::rpc {

/// A bidirectional stream with one read and one write under way at most. Reads are handed to the
/// subclass one by one; writes are pulled from it, so that it can put all that has come up since
/// the last write into one message. Lives until gRPC is done with it and nobody else refers to it.
class RawStream : public grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer> {
 public:
  ~RawStream() override = default;
  RawStream(const RawStream&) = delete;
  RawStream& operator=(const RawStream&) = delete;

 protected:
  explicit RawStream(grpc::CallbackServerContext* context) : context_(context) {}

  /// Keeps `self` alive until the call is over, and reads the first message.
  void Begin(std::shared_ptr<RawStream> self);

  /// A message came. True: read the next one; false: wait for ReadOn.
  virtual bool OnMessage(const grpc::ByteBuffer& bytes) = 0;
  /// The client sends no more.
  virtual void OnHalfClose() = 0;
  /// Puts the next message into `out`, if there is anything to say.
  virtual bool BuildMessage(grpc::ByteBuffer* out) = 0;
  /// The call is over; nothing can be sent any more. `cancelled`: broken or cancelled by the
  /// client, not closed by either side.
  virtual void OnEnd(bool cancelled) = 0;

  /// Something is to be said: BuildMessage will be asked, now or after the write under way.
  void Pump() ABSL_LOCKS_EXCLUDED(mu_);
  void ReadOn() ABSL_LOCKS_EXCLUDED(mu_);
  /// Ends the call when all that is to be said has been written.
  void FinishAfterWrites(const absl::Status& status) ABSL_LOCKS_EXCLUDED(mu_);
  /// Ends the call at once.
  void FinishNow(const absl::Status& status) ABSL_LOCKS_EXCLUDED(mu_);

  grpc::CallbackServerContext* context() { return context_; }

 private:
  void OnReadDone(bool ok) override;
  void OnWriteDone(bool ok) override;
  void OnCancel() override;
  void OnDone() override;
  /// Writes the next message or gives the turn to write back.
  void WriteNext() ABSL_LOCKS_EXCLUDED(mu_);

  grpc::CallbackServerContext* const context_;
  std::shared_ptr<RawStream> self_;
  grpc::ByteBuffer in_;   // the read under way
  grpc::ByteBuffer out_;  // the write under way

  // Held while an operation is started, so that none starts after Finish. gRPC only queues them and
  // calls back on other threads.
  Mutex mu_;
  bool writing_ ABSL_GUARDED_BY(mu_) = false;
  bool pump_again_ ABSL_GUARDED_BY(mu_) = false;
  bool finished_ ABSL_GUARDED_BY(mu_) = false;
  bool cancelled_ ABSL_GUARDED_BY(mu_) = false;
  std::optional<absl::Status> finish_after_writes_ ABSL_GUARDED_BY(mu_);
};

}  // namespace pavane::rpc

#endif  // PAVANE_RPC_RAW_STREAM_H_
