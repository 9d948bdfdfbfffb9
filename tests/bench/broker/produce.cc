#include "tests/bench/broker/produce.h"

#include <atomic>
#include <condition_variable>
#include <cstdio>
#include <memory>
#include <mutex>
#include <thread>

#include "grpcpp/create_channel.h"
#include "grpcpp/security/credentials.h"

#include "pavane/publisher.h"
#include "pavane/v1/publisher.grpc.pb.h"
#include "tests/bench/broker/tally.h"

namespace pavane::bench {
namespace {

using pavane::v1::PublisherService;

// An answer that is not what the bench's rules make.
bool IsWrong(const pavane::v1::PublishResult& result) {
  return result.has_error() || result.matched_rules() != 1;
}

int Finish(bool good, uint64_t start_ns, double cpu_start) {
  if (!good) {
    std::fprintf(stderr, "the broker did not answer every event as it should\n");
    return 1;
  }
  PrintProduced(start_ns, cpu_start);
  return 0;
}

std::unique_ptr<PublisherService::Stub> Dial(const std::string& address) {
  return PublisherService::NewStub(
      grpc::CreateChannel(address, grpc::InsecureChannelCredentials()));
}

/// Unary calls by the callback API: each answer starts the next one.
class UnaryCalls {
 public:
  explicit UnaryCalls(const ProduceOptions& options)
      : stub_(Dial(options.address)), count_(options.count), running_(options.in_flight) {
    for (int i = 0; i < options.in_flight; ++i) calls_.push_back(std::make_unique<Call>());
  }

  bool Run() {
    for (auto& call : calls_) Next(*call);
    std::unique_lock<std::mutex> lock(mu_);
    done_.wait(lock, [this] { return running_ == 0; });
    return good_;
  }

 private:
  struct Call {
    std::unique_ptr<grpc::ClientContext> context;
    pavane::v1::PublishRequest request;
    pavane::v1::PublishResponse response;
  };

  void Next(Call& call) {
    {
      std::lock_guard<std::mutex> lock(mu_);
      if (next_ == count_ || !good_) {
        if (--running_ == 0) done_.notify_all();
        return;
      }
      call.request.Clear();
      *call.request.add_entries()->mutable_event() =
          std::move(MakeEvent(orders_, next_++, NowNs()).mutable_message());
    }
    call.context = std::make_unique<grpc::ClientContext>();
    stub_->async()->Publish(call.context.get(), &call.request, &call.response,
                            [this, &call](const grpc::Status& status) {
                              if (!status.ok() || IsWrong(call.response.results(0))) good_ = false;
                              Next(call);
                            });
  }

  std::unique_ptr<PublisherService::Stub> stub_;
  const uint64_t count_;
  std::vector<std::unique_ptr<Call>> calls_;
  std::atomic<bool> good_ = true;
  std::mutex mu_;
  std::condition_variable done_;
  Orders orders_;
  uint64_t next_ = 0;
  int running_;
};

// Publishes an event that no rule wants, and waits for its answer.
void Connect(Publisher& publisher) {
  Event event("BenchStarts");
  event.SetSource("bench");
  publisher.Publish(std::move(event), [](const PublishResult&) {});
  publisher.Flush(std::chrono::minutes(1));
}

}  // namespace

Event MakeEvent(Orders& orders, uint64_t number, uint64_t made_ns) {
  char id[24];
  std::snprintf(id, sizeof id, "order-%llu", static_cast<unsigned long long>(number));
  Event event(orders.Type(number));
  event.SetId(id).SetSource(orders.Source(number)).SetJson(orders.Data(number, made_ns));
  return event;
}

double EventBytes() {
  constexpr uint64_t kSample = 1'000;
  Orders orders;
  double bytes = 0;
  for (uint64_t i = 0; i < kSample; ++i) {
    bytes += static_cast<double>(MakeEvent(orders, i, NowNs()).message().ByteSizeLong());
  }
  return bytes / kSample;
}

int Produce(const ProduceOptions& options) {
  PublisherOptions publisher_options;
  publisher_options.address = options.address;
  Publisher publisher(publisher_options);
  Orders orders;
  std::atomic<uint64_t> good = 0;
  // Latency is that of a connected publisher, as with the peers, which connect before they begin.
  if (options.rate > 0) Connect(publisher);
  const Pace pace(options.rate);
  const double cpu_start = CpuSeconds();
  const uint64_t start_ns = NowNs();
  for (uint64_t i = 0; i < options.count; ++i) {
    Event event = MakeEvent(orders, i, pace.Await(i));
    if (!options.type.empty()) {
      // Another stream over the same orders: they are no duplicates of the first one's.
      event.SetType(options.type).SetId(std::string(event.id()) + "-" + std::to_string(start_ns));
    }
    publisher.Publish(std::move(event), [&good](const PublishResult& result) {
      if (result.ok() && result.matched_rules == 1) good.fetch_add(1, std::memory_order_relaxed);
    });
  }
  publisher.Flush(std::chrono::minutes(5));
  return Finish(good == options.count, start_ns, cpu_start);
}

int ProduceOneByOne(const ProduceOptions& options) {
  auto stub = Dial(options.address);
  grpc::ClientContext context;
  auto stream = stub->PublishStream(&context);
  Orders orders;
  std::mutex mu;
  std::condition_variable room;
  uint64_t answered = 0;
  bool good = true;
  const double cpu_start = CpuSeconds();
  const uint64_t start_ns = NowNs();
  std::thread reader([&] {
    pavane::v1::PublishStreamResponse response;
    while (stream->Read(&response)) {
      std::lock_guard<std::mutex> lock(mu);
      for (const auto& answer : response.answers()) {
        ++answered;
        if (answer.results_size() != 1 || IsWrong(answer.results(0))) good = false;
      }
      room.notify_one();
    }
    std::lock_guard<std::mutex> lock(mu);
    if (answered != options.count) good = false;
    room.notify_one();
  });
  pavane::v1::PublishStreamRequest request;
  for (uint64_t i = 0; i < options.count; ++i) {
    {
      std::unique_lock<std::mutex> lock(mu);
      room.wait(lock, [&] { return !good || i < answered + uint64_t(options.in_flight); });
      if (!good) break;
    }
    request.set_request_id(i + 1);
    request.mutable_publish()->clear_entries();
    *request.mutable_publish()->add_entries()->mutable_event() =
        std::move(MakeEvent(orders, i, NowNs()).mutable_message());
    if (!stream->Write(request)) break;
  }
  stream->WritesDone();
  reader.join();
  good = stream->Finish().ok() && good;
  return Finish(good, start_ns, cpu_start);
}

int ProduceUnary(const ProduceOptions& options) {
  UnaryCalls calls(options);
  const double cpu_start = CpuSeconds();
  const uint64_t start_ns = NowNs();
  return Finish(calls.Run(), start_ns, cpu_start);
}

}  // namespace pavane::bench
