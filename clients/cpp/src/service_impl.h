#ifndef PAVANE_CLIENTS_CPP_SRC_SERVICE_IMPL_H_
#define PAVANE_CLIENTS_CPP_SRC_SERVICE_IMPL_H_

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "clients/cpp/src/backoff.h"
#include "clients/cpp/src/clock.h"
#include "clients/cpp/src/handler_table.h"
#include "clients/cpp/src/stream_pump.h"
#include "clients/cpp/src/subscription.h"
#include "pavane/service.h"
#include "pavane/v1/subscriber.grpc.pb.h"

namespace pavane {
inline namespace client {
namespace internal {

// The threads of a Service around its Subscription: the workers, which run handlers; a loop, which
// connects, backs off, watches for silence and drains; and, while connected, the two of a
// StreamPump.
class ServiceImpl
    : private StreamOwner<pavane::v1::SubscribeRequest, pavane::v1::SubscribeResponse> {
 public:
  using Request = pavane::v1::SubscribeRequest;
  using Response = pavane::v1::SubscribeResponse;

  ServiceImpl(ServiceOptions options, Clock& clock);
  ~ServiceImpl() override;

  HandlerTable& handlers() { return handlers_; }
  Error Start();
  Error Run();
  void Stop();
  Error Wait();
  bool WaitConnected(std::chrono::milliseconds timeout);
  bool connected();

 private:
  // StreamOwner.
  std::unique_ptr<Stream> OpenStream(grpc::ClientContext& context) override;
  std::shared_ptr<const Request> NextRequest() override;
  void OnResponse(const std::shared_ptr<const Response>& response) override;
  void OnReadEnd() override;
  void OnStreamEnd(const Error& error) override;

  void Loop();
  // One round of the loop, `lock` held. False: the service has ended.
  bool Tend(std::unique_lock<std::mutex>& lock);
  bool TendDrain();
  void Connect();
  // Ends the stream soon.
  void Cancel();
  void JoinStream(std::unique_lock<std::mutex>& lock);
  // After a stream's end: whether and when to try again.
  void EndStream(std::unique_lock<std::mutex>& lock);
  SteadyTime NextWake() const;

  void Work();
  // While handlers return at once, one thread is faster than several that fight for the lock: then
  // one more stands by, in case a handler does not return, and the others sleep. False: go to work.
  bool LeaveToOthers(std::unique_lock<std::mutex>& lock);
  // Releases `lock` around the handler.
  void WorkOnOne(std::unique_lock<std::mutex>& lock);
  Result Handle(const Delivery& delivery) const;

  // Releases `lock` for a moment if there is something to write; then true.
  bool WriteLog(std::unique_lock<std::mutex>& lock);
  void WaitForEndOrSignal();

  // Constant after Start.
  const ServiceOptions options_;
  const std::string address_;
  Clock& clock_;
  HandlerTable handlers_;
  const int ended_fd_;

  std::mutex mu_;
  // What each waits for: the loop, the stream's writer, the workers, callers.
  std::condition_variable loop_wake_;
  std::condition_variable writer_wake_;
  std::condition_variable worker_wake_;
  std::condition_variable state_changed_;

  // Guarded by mu_.
  std::optional<Subscription> subscription_;  // From Start on.
  Backoff backoff_;
  std::unique_ptr<StreamPump<Request, Response>> pump_;
  SteadyTime connect_at_ = {};
  bool cancelled_ = false;
  bool read_ended_ = false;
  bool stream_ended_ = false;
  Error stream_error_;
  bool ever_opened_ = false;
  // Workers: deliveries started, handlers that run, whether the last one was quick, whether a
  // worker stands by.
  uint64_t started_ = 0;
  size_t working_ = 0;
  bool handlers_are_quick_ = false;
  bool standby_ = false;
  bool stopping_ = false;
  std::optional<SteadyTime> drain_until_;
  // Nothing more is written on this stream.
  std::optional<SteadyTime> close_until_;
  bool ended_ = false;
  Error result_;

  // The stream's writer only.
  std::unique_ptr<pavane::v1::SubscriberService::Stub> stub_;

  // Who joins.
  std::mutex join_mu_;
  std::vector<std::thread> threads_;
};

}  // namespace internal
}  // namespace client
}  // namespace pavane

#endif  // PAVANE_CLIENTS_CPP_SRC_SERVICE_IMPL_H_
