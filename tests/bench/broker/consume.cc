#include "tests/bench/broker/consume.h"

#include <cstdio>
#include <future>
#include <memory>
#include <vector>

#include "pavane/service.h"
#include "tests/bench/broker/tally.h"
#include "tests/bench/broker/workload.h"

namespace pavane::bench {
namespace {

constexpr std::chrono::seconds kConnectTime(10);
constexpr std::chrono::minutes kRunTime(5);

ServiceOptions OptionsOf(const ConsumeOptions& options, const std::string& name) {
  ServiceOptions service;
  service.address = options.address;
  service.name = name;
  service.handle_signals = false;
  return service;
}

/// The services of this process: they start together and end when the tally is complete.
class Services {
 public:
  void Add(ServiceOptions options, Handler handler) {
    services_.push_back(std::make_unique<Service>(std::move(options)));
    services_.back()->OnAny(std::move(handler));  // the rules are the bench's
  }

  bool Start() {
    for (auto& service : services_) {
      if (!service->Start().ok() || !service->WaitConnected(kConnectTime)) return false;
    }
    return true;
  }

  /// Ends in order: every settlement is answered before.
  bool Finish() {
    bool good = true;
    for (auto& service : services_) service->Stop();
    for (auto& service : services_) good = service->Wait().ok() && good;
    return good;
  }

 private:
  std::vector<std::unique_ptr<Service>> services_;
};

}  // namespace

std::string ChainType(int step) { return "Step" + std::to_string(step); }

int Consume(const ConsumeOptions& options) {
  Tally tally(options.count);
  std::promise<void> complete;
  Services services;
  const auto last_step = [&](const Delivery& delivery) -> Result {
    const std::string_view data = delivery.event().data();
    if (options.handling == Handling::kFailing && delivery.attempt() == 1 &&
        NumberOf(data) % 2 == 1) {
      return Nack("BENCH", "as the row wants");
    }
    if (tally.Count(data)) complete.set_value();
    if (options.handling == Handling::kReject) return Reject("BENCH", "as the row wants");
    return Ack();
  };
  if (options.handling == Handling::kChain) {
    for (int step = 0; step + 1 < kChainSteps; ++step) {
      services.Add(OptionsOf(options, kService + std::to_string(step)),
                   [step](const Delivery& delivery) -> Result {
                     Event next(ChainType(step + 1));
                     next.SetJson(delivery.event().data());
                     return Ack({std::move(next)});
                   });
    }
    services.Add(OptionsOf(options, kService + std::to_string(kChainSteps - 1)), last_step);
  } else {
    services.Add(OptionsOf(options, options.service), last_step);
  }
  if (!services.Start()) return 1;
  PrintReady();
  const bool all = complete.get_future().wait_for(kRunTime) == std::future_status::ready;
  const bool ended = services.Finish();
  if (!all || !ended) {
    std::fprintf(stderr, "%llu of %llu orders came\n",
                 static_cast<unsigned long long>(tally.distinct()),
                 static_cast<unsigned long long>(options.count));
    return 1;
  }
  tally.Print(NowNs());
  return 0;
}

}  // namespace pavane::bench
