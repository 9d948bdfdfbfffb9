#include "tests/unit/clients_cpp/fake_broker.h"

#include <chrono>

namespace pavane::testing {

FakeBroker::FakeBroker() {
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(static_cast<pavane::v1::PublisherService::CallbackService*>(this));
  builder.RegisterService(static_cast<pavane::v1::SubscriberService::CallbackService*>(this));
  server_ = builder.BuildAndStart();
  address_ = "127.0.0.1:" + std::to_string(port);
}

FakeBroker::~FakeBroker() {
  // Streams that the test left open are cancelled at once.
  server_->Shutdown(std::chrono::system_clock::now());
  server_->Wait();
}

grpc::ServerBidiReactor<pavane::v1::PublishStreamRequest, pavane::v1::PublishStreamResponse>*
FakeBroker::PublishStream(grpc::CallbackServerContext* context) {
  FakePublishStream::Ptr stream = FakePublishStream::Make(*context);
  FakePublishStream* reactor = stream.get();
  publish_streams_.Put(std::move(stream));
  return reactor;
}

grpc::ServerBidiReactor<pavane::v1::SubscribeRequest, pavane::v1::SubscribeResponse>*
FakeBroker::Subscribe(grpc::CallbackServerContext* context) {
  FakeSubscription::Ptr stream = FakeSubscription::Make(*context);
  FakeSubscription* reactor = stream.get();
  subscriptions_.Put(std::move(stream));
  return reactor;
}

}  // namespace pavane::testing
