#include "tests/bench/broker/rows.h"

#include <cstdio>

#include "tests/bench/broker/hard_rows.h"
#include "tests/bench/broker/peer_contestant.h"
#include "tests/bench/broker/produce.h"
#include "tests/bench/broker/raw_limits.h"
#include "tests/bench/broker/trouble_rows.h"

namespace pavane::bench {
namespace {

/// A figure of a run that goes into the ledger.
struct Wanted {
  std::string figure;  // of Figures
  std::string name;    // of the ledger
  std::string unit;
  std::optional<Goal> goal;
};

void Enter(Bench& bench, const std::vector<Wanted>& wanted, const std::string& contestant,
           const Figures& figures) {
  for (const Wanted& one : wanted) {
    const auto found = figures.find(one.figure);
    if (found != figures.end()) bench.ledger.Add(one.name, contestant, found->second);
  }
}

// Ours, then the peers, on the same load.
bool Contest(Bench& bench, const Load& load, const std::vector<std::string>& peers,
             const std::vector<Wanted>& wanted) {
  for (const Wanted& one : wanted) bench.ledger.Declare(one.name, one.unit, one.goal);
  {
    const auto ours = PavaneContestant::Start(bench.programs, load);
    const std::optional<Figures> figures = ours == nullptr ? std::nullopt : RunContest(*ours, load);
    if (!figures) return false;
    Enter(bench, wanted, "", *figures);
  }
  for (const std::string& name : peers) {
    if (!bench.with_peers) break;
    const auto peer = PeerContestant::Start(name, bench.peer_programs, load);
    const std::optional<Figures> figures = peer == nullptr ? std::nullopt : RunContest(*peer, load);
    if (!figures) {
      std::printf("%s: not installed, or failed\n", name.c_str());
      continue;
    }
    Enter(bench, wanted, name, *figures);
  }
  return true;
}

// What is told of every run beside its rate.
void AddCosts(const std::string& name, std::vector<Wanted>& wanted) {
  wanted.push_back({"server_us", name + ": CPU per event, broker", "us", {}});
  wanted.push_back({"producer_us", name + ": CPU per event, producer", "us", {}});
  wanted.push_back({"consumer_us", name + ": CPU per event, consumer", "us", {}});
  wanted.push_back({"rss_mb", name + ": peak memory, broker", "MB", {}});
  wanted.push_back({"disk_bytes", name + ": disk per event", "B", {}});
  wanted.push_back({"syncs", name + ": syncs", "", {}});
}

bool Throughput(Bench& bench, Layout layout, const std::string& name) {
  Load load;
  load.events = bench.Events(300'000);
  load.layout = layout;
  std::vector<Wanted> wanted = {
      {"rate", name, "1/s",
       AtLeast(300'000,
               {{"redis-everysec", 2}, {"nats", 3}, {"postgres", 4.5}, {"sketch", 1.25}})}};
  AddCosts(name, wanted);
  return Contest(bench, load, PeerContestant::Names(), wanted);
}

bool OneByOne(Bench& bench) {
  const std::string name = "one event a message";
  Load load;
  load.events = bench.Events(100'000);
  load.manner = Manner::kOneByOne;
  load.in_flight = 4'096;
  std::vector<Wanted> wanted = {{"rate", name, "1/s", AtLeast(60'000, {{"raw stream", 0.5}})}};
  AddCosts(name, wanted);
  if (!Contest(bench, load, {}, wanted)) return false;
  RawLimits raw(bench);
  raw.Add(name, "raw stream", raw.StreamRate(load.events));
  return true;
}

bool Unary(Bench& bench, int in_flight) {
  const bool alone = in_flight == 1;
  const std::string name = "unary Publish, " + std::to_string(in_flight) + " in flight";
  const std::string limit = alone ? "raw round trip and fdatasync" : "raw unary echo";
  Load load;
  load.events = bench.Events(alone ? 4'000 : 60'000);
  load.manner = Manner::kUnary;
  load.in_flight = in_flight;
  std::vector<Wanted> wanted = {
      {"publish_rate", name, "1/s",
       alone ? AtLeast(2'200, {{limit, 0.85}}) : AtLeast(30'000, {{limit, 0.75}})}};
  if (!Contest(bench, load, {}, wanted)) return false;
  RawLimits raw(bench);
  const std::optional<double> echo = raw.EchoRate(load.events, in_flight);
  if (!alone) {
    raw.Add(name, limit, echo);
  } else if (const std::optional<double> sync = raw.SyncRate(load.events); echo && sync) {
    raw.Add(name, limit, 1 / (1 / *echo + 1 / *sync));
  }
  return true;
}

bool FanOut(Bench& bench) {
  const std::string name = "fan-out to 10, deliveries";
  Load load;
  load.events = bench.Events(50'000);
  load.layout = Layout::kFanOut;
  load.consumers = 10;
  std::vector<Wanted> wanted = {{"rate", name, "1/s", AtLeast(600'000, {{"redis-everysec", 2.3}})}};
  AddCosts(name, wanted);
  return Contest(bench, load, {"redis-everysec", "nats"}, wanted);
}

bool Latency(Bench& bench, int rate, const std::string& durability, bool unix_socket) {
  const bool fast = rate > 1'000;
  const bool fsync = durability == "fsync";
  std::string name = "latency at " + std::to_string(rate) + "/s";
  if (!fsync) name += ", durability os";
  if (unix_socket) name += ", unix socket";
  Load load;
  load.events = bench.Events(static_cast<uint64_t>(rate) * 4);
  load.rate = rate;
  load.durability = durability;
  load.unix_socket = unix_socket;
  const double p50 = !fsync ? 0.35 : fast ? 0.85 : 0.6;
  const double p99 = !fsync ? 1.2 : fast ? 2.2 : 1.5;
  const std::map<std::string, double> ratios = {{"sketch", 1.15}};
  const std::vector<Wanted> wanted = {{"p50_ms", name + ": p50", "ms", AtMost(p50, ratios)},
                                      {"p99_ms", name + ": p99", "ms", AtMost(p99, ratios)}};
  return Contest(bench, load,
                 unix_socket ? std::vector<std::string>() : std::vector<std::string>{"sketch"},
                 wanted);
}

bool Chain(Bench& bench) {
  const std::string name = "chain of five services, settled steps";
  Load load;
  load.events = bench.Events(50'000);
  load.layout = Layout::kChain;
  bench.ledger.Declare(name, "1/s", AtLeast(100'000));
  const auto ours = PavaneContestant::Start(bench.programs, load);
  const std::optional<Figures> figures = ours == nullptr ? std::nullopt : RunContest(*ours, load);
  if (!figures) return false;
  bench.ledger.Add(name, "", figures->at("rate") * 5);
  return true;
}

bool Backlog(Bench& bench) {
  const std::string name = "backlog";
  Load load;
  load.events = bench.Events(1'000'000);
  load.drain = true;
  const std::map<std::string, double> ahead = {{"redis-everysec", 1}, {"nats", 1}};
  const std::vector<Wanted> wanted = {
      {"publish_rate", name + ": published", "1/s", AtLeast({}, ahead)},
      {"drain_rate", name + ": drained", "1/s", AtLeast(350'000, ahead)},
      {"rss_mb", name + ": peak memory", "MB", AtMost(200)},
      {"backlog_disk_bytes", name + ": disk per event", "B", AtMost(EventBytes())}};
  return Contest(bench, load, {"redis-everysec", "nats"}, wanted);
}

}  // namespace

const std::vector<Row>& Rows() {
  static const std::vector<Row> rows = {
      {"throughput", "client defaults, 1,000 targets",
       [](Bench& b) { return Throughput(b, Layout::kManyTargets, "client defaults"); }},
      {"one-target", "client defaults, one target",
       [](Bench& b) { return Throughput(b, Layout::kOneTarget, "client defaults, one target"); }},
      {"one-by-one", "one event a message on a publish stream", OneByOne},
      {"unary-64", "unary calls, 64 in flight", [](Bench& b) { return Unary(b, 64); }},
      {"unary-1", "unary calls, one in flight", [](Bench& b) { return Unary(b, 1); }},
      {"latency-1000", "at 1,000 events/s",
       [](Bench& b) { return Latency(b, 1'000, "fsync", false); }},
      {"latency-5000", "at 5,000 events/s",
       [](Bench& b) { return Latency(b, 5'000, "fsync", false); }},
      {"latency-os", "at 5,000 events/s, durability os",
       [](Bench& b) { return Latency(b, 5'000, "os", false); }},
      {"latency-unix", "the same over a unix socket",
       [](Bench& b) { return Latency(b, 5'000, "os", true); }},
      {"fan-out", "each event to ten targets of ten services", FanOut},
      {"chain", "five services, each settling with one emit", Chain},
      {"backlog", "a million events without a consumer, then drained", Backlog},
      {"idle", "10,000 idle targets, 2,000 idle streams, scrape", Idle},
      {"restart", "start after SIGKILL over a backlog", Restart},
      {"storm", "every delivery rejected, beside live traffic", Storm},
      {"failing", "every second delivery fails at first, beside live traffic", Failing},
      {"expiring", "a backlog that becomes too old at once, beside live traffic", Expiring},
      {"small-commits", "a backlog of one event a commit, drained", SmallCommits},
  };
  return rows;
}

}  // namespace pavane::bench
