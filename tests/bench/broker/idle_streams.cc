#include "tests/bench/broker/idle_streams.h"

#include <unistd.h>

#include <condition_variable>
#include <cstdio>
#include <deque>
#include <memory>
#include <mutex>

#include "grpcpp/create_channel.h"
#include "grpcpp/security/credentials.h"

#include "pavane/v1/subscriber.grpc.pb.h"
#include "tests/bench/broker/tally.h"

namespace pavane::bench {
namespace {

using pavane::v1::SubscribeRequest;
using pavane::v1::SubscribeResponse;

/// How many streams are open, or that one ended.
class Opened {
 public:
  void Add(bool good) {
    std::lock_guard<std::mutex> lock(mu_);
    count_ += good ? 1 : 0;
    failed_ = failed_ || !good;
    changed_.notify_all();
  }
  bool Await(int count) {
    std::unique_lock<std::mutex> lock(mu_);
    changed_.wait(lock, [&] { return failed_ || count_ == count; });
    return !failed_;
  }

 private:
  std::mutex mu_;
  std::condition_variable changed_;
  int count_ = 0;
  bool failed_ = false;
};

class IdleStream : public grpc::ClientBidiReactor<SubscribeRequest, SubscribeResponse> {
 public:
  IdleStream(const std::shared_ptr<grpc::Channel>& channel, Opened& opened)
      : stub_(pavane::v1::SubscriberService::NewStub(channel)), opened_(opened) {
    open_.mutable_open()->set_service("idle");
    open_.mutable_open()->mutable_credit()->set_messages(16);
    stub_->async()->Subscribe(&context_, this);
    StartRead(&response_);
    StartWrite(&open_);
    StartCall();
  }

 private:
  void OnReadDone(bool ok) override {
    opened_.Add(ok && response_.has_opened());
    if (ok) StartRead(&response_);
  }
  void OnDone(const grpc::Status& status) override {
    std::fprintf(stderr, "idle stream: %s\n", status.error_message().c_str());
  }

  const std::unique_ptr<pavane::v1::SubscriberService::Stub> stub_;
  Opened& opened_;
  grpc::ClientContext context_;
  SubscribeRequest open_;
  SubscribeResponse response_;
};

}  // namespace

int HoldIdleStreams(const std::string& address, int count) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  Opened opened;
  std::deque<IdleStream> streams;
  // A connection each, as services on their own have.
  for (int i = 0; i < count; ++i) {
    streams.emplace_back(
        grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments), opened);
  }
  if (!opened.Await(count)) return 1;
  PrintReady();
  while (true) ::pause();
}

}  // namespace pavane::bench
