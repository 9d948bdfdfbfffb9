// What gRPC and the disk alone can do on this machine: the bounds of the rows with one event a
// message or a call.
//
//   bench_peer_raw serve ADDRESS 0 0                prints the address with the port in use
//   bench_peer_raw echo ADDRESS COUNT IN_FLIGHT     unary calls with an order each way
//   bench_peer_raw stream ADDRESS COUNT 0           one order a message, one way
//   bench_peer_raw sync FOLDER COUNT 0              write of an order and fdatasync
//
// The last three print what every producer prints.
#include <fcntl.h>
#include <unistd.h>

#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "grpcpp/create_channel.h"
#include "grpcpp/security/credentials.h"
#include "grpcpp/security/server_credentials.h"
#include "grpcpp/server_builder.h"

#include "tests/bench/broker/tally.h"
#include "tests/bench/broker/workload.h"
#include "tests/bench/peers/peer.h"
#include "tests/bench/peers/peers.grpc.pb.h"

namespace pavane::bench {
namespace {

class SinkCall : public grpc::ServerReadReactor<Message> {
 public:
  explicit SinkCall(Ack* answer) : answer_(answer) { StartRead(&message_); }

 private:
  void OnReadDone(bool ok) override {
    if (!ok) {
      answer_->set_up_to(count_);
      return Finish(grpc::Status::OK);
    }
    ++count_;
    StartRead(&message_);
  }
  void OnDone() override { delete this; }

  Ack* const answer_;
  Message message_;
  uint64_t count_ = 0;
};

class Service : public Raw::CallbackService {
 public:
  grpc::ServerUnaryReactor* Echo(grpc::CallbackServerContext* context, const Message* request,
                                 Message* response) override {
    response->set_data(request->data());
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }
  grpc::ServerReadReactor<Message>* Sink(grpc::CallbackServerContext*, Ack* answer) override {
    return new SinkCall(answer);
  }
};

int Serve(const std::string& address) {
  Service service;
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort(address, grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(&service);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr || port == 0) PeerFailed("cannot listen on " + address);
  std::printf("%s:%d\n", address.substr(0, address.rfind(':')).c_str(), port);
  std::fflush(stdout);
  server->Wait();
  return 0;
}

class EchoCalls {
 public:
  EchoCalls(Raw::Stub& stub, Orders& orders, uint64_t count, int in_flight)
      : stub_(stub),
        orders_(orders),
        count_(count),
        calls_(static_cast<size_t>(in_flight)),
        running_(in_flight) {}

  void Run() {
    for (Call& call : calls_) Next(call);
    std::unique_lock<std::mutex> lock(mu_);
    done_.wait(lock, [this] { return running_ == 0; });
  }

 private:
  struct Call {
    std::unique_ptr<grpc::ClientContext> context;
    Message request;
    Message response;
  };

  void Next(Call& call) {
    {
      std::lock_guard<std::mutex> lock(mu_);
      if (next_ == count_) {
        if (--running_ == 0) done_.notify_all();
        return;
      }
      call.request.set_data(std::string(orders_.Data(next_++, NowNs())));
    }
    call.context = std::make_unique<grpc::ClientContext>();
    stub_.async()->Echo(call.context.get(), &call.request, &call.response,
                        [this, &call](const grpc::Status& status) {
                          if (!status.ok()) PeerFailed("echo: " + status.error_message());
                          Next(call);
                        });
  }

  Raw::Stub& stub_;
  Orders& orders_;
  const uint64_t count_;
  std::vector<Call> calls_;
  std::mutex mu_;
  std::condition_variable done_;
  uint64_t next_ = 0;
  int running_;
};

void Stream(Raw::Stub& stub, Orders& orders, uint64_t count) {
  grpc::ClientContext context;
  Ack answer;
  auto stream = stub.Sink(&context, &answer);
  Message message;
  for (uint64_t i = 0; i < count; ++i) {
    const std::string_view data = orders.Data(i, NowNs());
    message.set_data(data.data(), data.size());
    if (!stream->Write(message)) PeerFailed("stream: broken");
  }
  stream->WritesDone();
  if (!stream->Finish().ok() || answer.up_to() != count) PeerFailed("stream: not all came");
}

void Sync(const std::string& folder, Orders& orders, uint64_t count) {
  const std::string path = folder + "/synced";
  const int file = ::open(path.c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
  for (uint64_t i = 0; i < count; ++i) {
    const std::string_view data = orders.Data(i, NowNs());
    if (::write(file, data.data(), data.size()) != static_cast<ssize_t>(data.size()) ||
        ::fdatasync(file) != 0) {
      PeerFailed("sync: " + std::string(std::strerror(errno)));
    }
  }
  ::close(file);
}

int Main(int argc, char** argv) {
  if (argc != 5) PeerFailed("usage: bench_peer_raw serve|echo|stream|sync ADDRESS|FOLDER COUNT N");
  const std::string role = argv[1];
  if (role == "serve") return Serve(argv[2]);
  const uint64_t count = std::strtoull(argv[3], nullptr, 10);
  const auto stub = Raw::NewStub(grpc::CreateChannel(argv[2], grpc::InsecureChannelCredentials()));
  Orders orders;
  const double cpu_start = CpuSeconds();
  const uint64_t start_ns = NowNs();
  if (role == "echo") EchoCalls(*stub, orders, count, std::atoi(argv[4])).Run();
  if (role == "stream") Stream(*stub, orders, count);
  if (role == "sync") Sync(argv[2], orders, count);
  PrintProduced(start_ns, cpu_start);
  return 0;
}

}  // namespace
}  // namespace pavane::bench

int main(int argc, char** argv) { return pavane::bench::Main(argc, argv); }
