#include "tests/bench/broker/trouble_rows.h"

#include <unistd.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tests/bench/broker/consume.h"
#include "tests/bench/broker/contest.h"
#include "tests/bench/broker/workload.h"

namespace pavane::bench {
namespace {

constexpr double kLiveRate = 5'000;
constexpr uint64_t kLiveEvents = 20'000;
constexpr int kExpiryTries = 3'000;
constexpr useconds_t kExpiryPauseUs = 100'000;

/// What is measured of the live traffic.
struct Live {
  double rate = 0;
  double p99_ms = 0;
};

std::optional<Live> RunLive(Bench& bench, const PavaneContestant& broker) {
  const std::string count = std::to_string(bench.Events(kLiveEvents));
  const std::string& self = bench.programs.self;
  Child consumer({self, "consume", broker.address(), count, "live"});
  if (consumer.ReadLine() != "ready") return std::nullopt;
  Child producer(
      {self, "produce", broker.address(), count, std::to_string(kLiveRate), "0", "Live"});
  const std::vector<double> produced = producer.ReadNumbers();
  const std::vector<double> lived = consumer.ReadNumbers();
  if (produced.size() < 3 || lived.size() < 4) return std::nullopt;
  const double seconds = (lived[0] - produced[0]) / 1e9;
  return Live{static_cast<double>(bench.Events(kLiveEvents)) / seconds, lived[3]};
}

// A child in trouble that runs while the live traffic does.
class Handler {
 public:
  Handler(const Bench& bench, const PavaneContestant& broker, const std::string& role,
          uint64_t events)
      : child_({bench.programs.self, role, broker.address(), std::to_string(events), kService}) {}

  bool Start() {
    start_ns_ = static_cast<double>(NowNs());
    return child_.ReadLine() == "ready";
  }
  std::optional<double> Seconds() {
    const std::vector<double> line = child_.ReadNumbers();
    if (line.empty()) return std::nullopt;
    return (line[0] - start_ns_) / 1e9;
  }

 private:
  Child child_;
  double start_ns_ = 0;
};

// A backlog for the target in trouble, with the live traffic measured before anything happens.
std::unique_ptr<PavaneContestant> StartWithBacklog(Bench& bench, const std::string& name,
                                                   Load& load, std::optional<Live>& before) {
  load.layout = Layout::kStorm;
  load.consumers = 0;
  auto broker = PavaneContestant::Start(bench.programs, load);
  if (broker == nullptr || !RunContest(*broker, load)) return nullptr;
  before = RunLive(bench, *broker);
  bench.ledger.Declare(name + ": live traffic of its rate", "", AtLeast(0.8));
  bench.ledger.Declare(name + ": live traffic p99, times that before", "", AtMost(2));
  bench.ledger.Declare(name + ": peak memory", "MB", AtMost(200));
  return broker;
}

void EnterLive(Bench& bench, const std::string& name, PavaneContestant& broker, const Live& before,
               const Live& meanwhile) {
  bench.ledger.Add(name + ": live traffic of its rate", "", meanwhile.rate / kLiveRate);
  bench.ledger.Add(name + ": live traffic p99, times that before", "",
                   meanwhile.p99_ms / before.p99_ms);
  bench.ledger.Add(name + ": peak memory", "", broker.process().PeakBytes() / 1e6);
}

// A backlog taken by consumers of `role`, in deliveries per second.
std::optional<double> Handled(Bench& bench, const std::string& name, const std::string& role,
                              uint64_t events) {
  Load load;
  load.events = events;
  std::optional<Live> before;
  const auto broker = StartWithBacklog(bench, name, load, before);
  if (broker == nullptr || !before) return std::nullopt;
  Handler handler(bench, *broker, role, events);
  if (!handler.Start()) return std::nullopt;
  const std::optional<Live> meanwhile = RunLive(bench, *broker);
  const std::optional<double> seconds = handler.Seconds();
  if (!meanwhile || !seconds) return std::nullopt;
  EnterLive(bench, name, *broker, *before, *meanwhile);
  return static_cast<double>(events) / *seconds;
}

// Publishes the backlog as `load` says and drains it.
std::optional<Figures> Drain(Bench& bench, Load load) {
  load.drain = true;
  load.durability = "os";
  const auto broker = PavaneContestant::Start(bench.programs, load);
  return broker == nullptr ? std::nullopt : RunContest(*broker, load);
}

}  // namespace

bool Storm(Bench& bench) {
  const std::string name = "dead-letter storm";
  bench.ledger.Declare(name + ": letters", "1/s", AtLeast(100'000));
  const std::optional<double> rate = Handled(bench, name, "reject", bench.Events(1'000'000));
  if (rate) bench.ledger.Add(name + ": letters", "", *rate);
  return rate.has_value();
}

bool Failing(Bench& bench) {
  const std::string name = "every second delivery fails";
  const uint64_t events = bench.Events(500'000);
  bench.ledger.Declare(name, "1/s", AtLeast({}, {{"none fails", 0.5}}));
  const std::optional<double> plain = Handled(bench, "none fails", "consume", events);
  const std::optional<double> rate = Handled(bench, name, "consume-failing", events);
  if (!plain || !rate) return false;
  bench.ledger.Add(name, "", *rate);
  bench.ledger.Add(name, "none fails", *plain);
  return true;
}

bool Expiring(Bench& bench) {
  const std::string name = "all deliveries expire at once";
  Load load;
  load.events = bench.Events(1'000'000);
  std::optional<Live> before;
  const auto broker = StartWithBacklog(bench, name, load, before);
  if (broker == nullptr || !before) return false;
  bench.ledger.Declare(name, "1/s", AtLeast(100'000));
  const auto start_ns = static_cast<double>(NowNs());
  if (!broker->ShortenAge()) return false;
  const std::optional<Live> meanwhile = RunLive(bench, *broker);
  if (!meanwhile) return false;
  bool expired = false;
  for (int i = 0; i < kExpiryTries && !expired; ++i) {
    expired = broker->Metric("pavane_dead_letters_total") >= static_cast<double>(load.events);
    if (!expired) ::usleep(kExpiryPauseUs);
  }
  if (!expired) return false;
  bench.ledger.Add(
      name, "", static_cast<double>(load.events) / (static_cast<double>(NowNs()) - start_ns) * 1e9);
  EnterLive(bench, name, *broker, *before, *meanwhile);
  return true;
}

bool SmallCommits(Bench& bench) {
  const std::string name = "backlog at one event a commit";
  Load load;
  load.events = bench.Events(100'000);
  const std::optional<Figures> batches = Drain(bench, load);
  load.manner = Manner::kUnary;
  load.in_flight = 1;
  const std::optional<Figures> single = Drain(bench, load);
  if (!batches || !single) return false;
  bench.ledger.Declare(name + ": drained", "1/s", AtLeast({}, {{"published in batches", 0.5}}));
  bench.ledger.Add(name + ": drained", "", single->at("drain_rate"));
  bench.ledger.Add(name + ": drained", "published in batches", batches->at("drain_rate"));
  bench.ledger.Declare(name + ": peak memory", "MB", AtMost(200));
  bench.ledger.Add(name + ": peak memory", "", single->at("rss_mb"));
  return true;
}

}  // namespace pavane::bench
