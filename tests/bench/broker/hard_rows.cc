#include "tests/bench/broker/hard_rows.h"

#include <unistd.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/bench/broker/consume.h"
#include "tests/bench/broker/contest.h"
#include "tests/bench/broker/workload.h"

namespace pavane::bench {
namespace {

constexpr int kIdleTargets = 10'000;
constexpr int kIdleStreams = 2'000;
constexpr unsigned kIdleSeconds = 10;

void Enter(Bench& bench, const std::string& name, const std::string& unit, std::optional<Goal> goal,
           double value) {
  bench.ledger.Declare(name, unit, std::move(goal));
  bench.ledger.Add(name, "", value);
}

double IdleCpuPercent(Child& process) {
  const double before = process.CpuSeconds();
  ::sleep(kIdleSeconds);
  return (process.CpuSeconds() - before) / kIdleSeconds * 100;
}

}  // namespace

bool Idle(Bench& bench) {
  Load load;
  const auto broker = PavaneContestant::Start(bench.programs, load);
  if (broker == nullptr) return false;
  const double empty = broker->process().ResidentBytes();
  if (!broker->PutIdleRules(kIdleTargets)) return false;
  const double with_targets = broker->process().ResidentBytes();
  Enter(bench, "idle: memory of a target", "KB", AtMost(20),
        (with_targets - empty) / kIdleTargets / 1e3);
  Child streams(
      {bench.programs.self, "idle-streams", broker->address(), std::to_string(kIdleStreams)});
  if (streams.ReadLine() != "ready") return false;
  Enter(bench, "idle: memory of a stream", "KB", AtMost(100),
        (broker->process().ResidentBytes() - with_targets) / kIdleStreams / 1e3);
  Enter(bench, "idle: CPU of a core", "%", AtMost(2), IdleCpuPercent(broker->process()));
  const double cpu = broker->process().CpuSeconds();
  constexpr int kScrapes = 10;
  size_t bytes = 0;
  for (int i = 0; i < kScrapes; ++i) bytes = broker->Get("/metrics").size();
  if (bytes == 0) return false;
  Enter(bench, "scrape at 10,000 targets: CPU", "ms", AtMost(100),
        (broker->process().CpuSeconds() - cpu) / kScrapes * 1e3);
  Enter(bench, "scrape at 10,000 targets: size", "MB", AtMost(2), static_cast<double>(bytes) / 1e6);
  return true;
}

bool Restart(Bench& bench) {
  Load load;
  load.events = bench.Events(1'000'000);
  load.consumers = 0;
  const auto broker = PavaneContestant::Start(bench.programs, load);
  if (broker == nullptr || !RunContest(*broker, load)) return false;
  const std::optional<double> seconds = broker->KillAndStart();
  if (!seconds) return false;
  Enter(bench, "ready after SIGKILL with a backlog", "s", AtMost(3), *seconds);
  return true;
}

}  // namespace pavane::bench
