#ifndef PAVANE_TESTS_UNIT_CLIENTS_CPP_FAKE_BROKER_H_
#define PAVANE_TESTS_UNIT_CLIENTS_CPP_FAKE_BROKER_H_

#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include <grpcpp/grpcpp.h>

#include "pavane/v1/publisher.grpc.pb.h"
#include "pavane/v1/subscriber.grpc.pb.h"
#include "tests/unit/clients_cpp/mailbox.h"

namespace pavane::testing {

// The broker's end of one stream, played by the test: it takes what the client wrote, writes what
// it likes and ends the stream when it likes.
template <class Request, class Response>
class FakeStream : public grpc::ServerBidiReactor<Request, Response> {
 public:
  using Ptr = std::shared_ptr<FakeStream>;

  // Keeps itself alive until gRPC is done with it.
  static Ptr Make(grpc::CallbackServerContext& context) {
    Ptr stream(new FakeStream(context));
    stream->self_ = stream;
    stream->StartRead(&stream->request_);
    return stream;
  }

  // The client's next message; nothing if it said all or nothing came.
  std::optional<Request> Take() { return requests_.Take(); }
  bool quiet() { return requests_.empty(); }
  // The client has closed its side or is gone.
  bool WaitHalfClosed() { return requests_.WaitClosed(); }

  void Send(Response response) {
    const std::lock_guard<std::mutex> lock(mu_);
    if (finished_) return;
    responses_.push_back(std::move(response));
    if (responses_.size() == 1) this->StartWrite(&responses_.front());
  }

  // After what was sent.
  void Close(grpc::Status status) {
    const std::lock_guard<std::mutex> lock(mu_);
    if (status_) return;
    status_ = std::move(status);
    FinishIfDue();
  }
  // With the error as the broker tells it, in the trailing metadata.
  void Refuse(const pavane::v1::Error& error) {
    context_.AddTrailingMetadata("pavane-error-bin", error.SerializeAsString());
    Close(grpc::Status(static_cast<grpc::StatusCode>(error.code()), error.message()));
  }
  void Break() { Close(grpc::Status(grpc::StatusCode::UNAVAILABLE, "the test broke the stream")); }

 private:
  explicit FakeStream(grpc::CallbackServerContext& context) : context_(context) {}

  void OnReadDone(bool ok) override {
    if (!ok) return requests_.Close();
    requests_.Put(std::move(request_));
    request_ = Request();
    this->StartRead(&request_);
  }

  void OnWriteDone(bool ok) override {
    const std::lock_guard<std::mutex> lock(mu_);
    responses_.pop_front();
    if (!ok) responses_.clear();
    if (!responses_.empty()) return this->StartWrite(&responses_.front());
    FinishIfDue();
  }

  void OnCancel() override { Close(grpc::Status::CANCELLED); }

  void OnDone() override {
    requests_.Close();
    self_.reset();
  }

  void FinishIfDue() {
    if (!status_ || !responses_.empty() || finished_) return;
    finished_ = true;
    this->Finish(*status_);
  }

  grpc::CallbackServerContext& context_;
  Mailbox<Request> requests_;
  Request request_;
  std::mutex mu_;
  std::deque<Response> responses_;
  std::optional<grpc::Status> status_;
  bool finished_ = false;
  Ptr self_;
};

using FakePublishStream =
    FakeStream<pavane::v1::PublishStreamRequest, pavane::v1::PublishStreamResponse>;
using FakeSubscription = FakeStream<pavane::v1::SubscribeRequest, pavane::v1::SubscribeResponse>;

// A gRPC server on a port of its own whose streams the test plays.
class FakeBroker : private pavane::v1::PublisherService::CallbackService,
                   private pavane::v1::SubscriberService::CallbackService {
 public:
  FakeBroker();
  ~FakeBroker() override;

  const std::string& address() const { return address_; }
  // The next stream that a client opens; null if none comes.
  FakePublishStream::Ptr TakePublishStream() { return publish_streams_.Take().value_or(nullptr); }
  FakeSubscription::Ptr TakeSubscription() { return subscriptions_.Take().value_or(nullptr); }

 private:
  grpc::ServerBidiReactor<pavane::v1::PublishStreamRequest, pavane::v1::PublishStreamResponse>*
  PublishStream(grpc::CallbackServerContext* context) override;
  grpc::ServerBidiReactor<pavane::v1::SubscribeRequest, pavane::v1::SubscribeResponse>* Subscribe(
      grpc::CallbackServerContext* context) override;

  Mailbox<FakePublishStream::Ptr> publish_streams_;
  Mailbox<FakeSubscription::Ptr> subscriptions_;
  std::string address_;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace pavane::testing

#endif  // PAVANE_TESTS_UNIT_CLIENTS_CPP_FAKE_BROKER_H_
