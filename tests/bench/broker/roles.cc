#include "tests/bench/broker/roles.h"

#include <sys/resource.h>
#include <time.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <future>
#include <mutex>
#include <thread>
#include <unordered_set>
#include <vector>

#include "grpcpp/create_channel.h"
#include "grpcpp/security/credentials.h"

#include "pavane/publisher.h"
#include "pavane/service.h"
#include "pavane/v1/publisher.grpc.pb.h"

namespace pavane::bench {
namespace {

constexpr size_t kDataBytes = 512;

// The same in all processes of a machine.
uint64_t NowNs() {
  timespec now;
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(now.tv_nsec);
}

double CpuSeconds() {
  rusage usage;
  ::getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
         static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

// An order, different each time, filled up to kDataBytes with digits that do not repeat.
std::string MakeData(uint64_t number) {
  std::string data = "{\"made_ns\":" + std::to_string(NowNs()) + ",\"kind\":\"k" +
                     std::to_string(number % kRules) + "\",\"order\":" + std::to_string(number) +
                     ",\"lines\":[";
  uint64_t state = number * 0x9e3779b97f4a7c15 + 1;
  for (bool first = true; data.size() + 30 < kDataBytes; first = false) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    data += (first ? "" : ",") + std::to_string(state % 1'000'000'000);
  }
  data += "]";
  data.append(kDataBytes - data.size() - 1, ' ');
  return data + "}";
}

Event MakeEvent(uint64_t number) {
  Event event(kEventType);
  event.SetId("bench-" + std::to_string(number)).SetSource("/bench").SetJson(MakeData(number));
  return event;
}

uint64_t MadeNs(std::string_view data) {
  const size_t at = data.find("\"made_ns\":");
  return at == std::string_view::npos ? 0 : std::strtoull(data.data() + at + 10, nullptr, 10);
}

}  // namespace

int RunProducer(const std::string& address, uint64_t count, double rate) {
  PublisherOptions options;
  options.address = address;
  Publisher publisher(options);
  std::atomic<uint64_t> answered = 0;
  std::atomic<uint64_t> refused = 0;
  const uint64_t start = NowNs();
  for (uint64_t i = 0; i < count; ++i) {
    if (rate > 0) {
      const uint64_t due = start + static_cast<uint64_t>(static_cast<double>(i) * 1e9 / rate);
      const uint64_t now = NowNs();
      if (due > now) std::this_thread::sleep_for(std::chrono::nanoseconds(due - now));
    }
    publisher.Publish(MakeEvent(i), [&](const PublishResult& result) {
      ++answered;
      if (!result.ok() || result.matched_rules != 1) ++refused;
    });
  }
  publisher.Flush(std::chrono::minutes(5));
  const double seconds = static_cast<double>(NowNs() - start) / 1e9;
  if (answered != count || refused != 0) {
    std::fprintf(stderr, "%llu of %llu events answered, %llu not as expected\n",
                 static_cast<unsigned long long>(answered), static_cast<unsigned long long>(count),
                 static_cast<unsigned long long>(refused));
    return 1;
  }
  std::printf("%.6f %.6f\n", seconds, CpuSeconds());
  return 0;
}

int RunUnary(const std::string& address, uint64_t count, int in_flight) {
  auto channel = grpc::CreateChannel(address, grpc::InsecureChannelCredentials());
  auto stub = pavane::v1::PublisherService::NewStub(channel);
  std::atomic<uint64_t> next = 0;
  std::atomic<bool> failed = false;
  const uint64_t start = NowNs();
  std::vector<std::thread> threads;
  for (int i = 0; i < in_flight; ++i) {
    threads.emplace_back([&] {
      for (uint64_t number = next++; number < count && !failed; number = next++) {
        grpc::ClientContext context;
        pavane::v1::PublishRequest request;
        *request.add_entries()->mutable_event() = MakeEvent(number).message();
        request.mutable_entries(0)->mutable_event()->set_id("unary-" + std::to_string(start) + "-" +
                                                            std::to_string(number));
        pavane::v1::PublishResponse response;
        if (!stub->Publish(&context, request, &response).ok() || response.results(0).has_error()) {
          failed = true;
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  if (failed) return 1;
  std::printf("%.6f %.6f\n", static_cast<double>(NowNs() - start) / 1e9, CpuSeconds());
  return 0;
}

int RunConsumer(const std::string& address, uint64_t count) {
  std::mutex mu;
  std::unordered_set<std::string> seen;
  std::vector<double> latencies_ms;
  latencies_ms.reserve(count);
  uint64_t first_ns = 0;
  uint64_t last_ns = 0;
  std::promise<void> done;

  ServiceOptions options;
  options.address = address;
  options.name = kService;
  options.handle_signals = false;
  Service service(options);
  RuleOptions no_rule;  // the bench's rules are the operator's
  no_rule.pattern = R"({"source":["/nobody"]})";
  service.On(kEventType, no_rule, [&](const Delivery& delivery) -> Result {
    const uint64_t now = NowNs();
    std::lock_guard<std::mutex> lock(mu);
    if (first_ns == 0) first_ns = now;
    if (!seen.insert(std::string(delivery.event().id())).second) return Ack();
    latencies_ms.push_back(static_cast<double>(now - MadeNs(delivery.event().data())) / 1e6);
    last_ns = now;
    if (seen.size() == count) done.set_value();
    return Ack();
  });
  if (!service.Start().ok() || !service.WaitConnected(std::chrono::seconds(10))) return 1;
  std::printf("ready\n");
  std::fflush(stdout);
  const bool all = done.get_future().wait_for(std::chrono::minutes(5)) == std::future_status::ready;
  service.Stop();  // settles what is handled
  const Error ended = service.Wait();
  if (!all || !ended.ok()) {
    std::fprintf(stderr, "%zu of %llu events came\n", seen.size(),
                 static_cast<unsigned long long>(count));
    return 1;
  }
  std::sort(latencies_ms.begin(), latencies_ms.end());
  std::printf("%.6f %.6f %.4f %.4f\n", static_cast<double>(last_ns - first_ns) / 1e9, CpuSeconds(),
              latencies_ms[latencies_ms.size() / 2], latencies_ms[latencies_ms.size() * 99 / 100]);
  return 0;
}

}  // namespace pavane::bench
