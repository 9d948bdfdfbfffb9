// A backlog at the store: events published with nobody there, the process killed, a start, and the
// drain. What a broker of these queues adds is not in it.
//
//   bench_backlog [--events=10000000] [--group=256] [--targets=1000] [--dedup-ids=1000000]
//                 [--settle-group=256]
//
// Each phase is a process of its own that ends without closing anything, so its peak of memory is
// its own and the next phase starts as after a SIGKILL. Folders are made below $TMPDIR: let it be a
// real disk. Prints one JSON object a phase.
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <deque>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"

#include "base/check.h"
#include "base/random.h"
#include "store/dedup_index.h"
#include "store/log.h"
#include "tests/bench/order_events.h"
#include "tests/support/temp_dir.h"

namespace pavane::store {
namespace {

constexpr BusId kBus(1);
constexpr uint64_t kCheckpointEvents = 250'000;
constexpr size_t kTurn = 64;  // deliveries of one target in a row

struct Settings {
  uint64_t events = 10'000'000;
  uint64_t group = 256;
  uint64_t targets = 1000;
  uint64_t dedup_ids = 1'000'000;
  uint64_t settle_group = 256;
};

double CpuSeconds() {
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) { return time.tv_sec + time.tv_usec * 1e-6; };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double PeakMegabytes() {
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss / 1024.0;
}

double DiskMegabytes(const std::string& directory) {
  uint64_t bytes = 0;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    bytes += entry.file_size();
  }
  return static_cast<double>(bytes) / (1 << 20);
}

class Stopwatch {
 public:
  void Start() {
    started_ = absl::Now();
    cpu_ = CpuSeconds();
  }
  void Stop() {
    seconds_ += absl::ToDoubleSeconds(absl::Now() - started_);
    cpu_seconds_ += CpuSeconds() - cpu_;
  }
  double seconds() const { return seconds_; }
  double cpu_seconds() const { return cpu_seconds_; }

 private:
  absl::Time started_;
  double cpu_ = 0;
  double seconds_ = 0;
  double cpu_seconds_ = 0;
};

std::unique_ptr<Log> OpenLog(const std::string& directory) {
  Log::Options options;
  options.directory = directory;
  auto log = Log::Open(options);
  CHECK_OK(log) << directory;
  return *std::move(log);
}

DedupPolicy PolicyOf(const Settings& settings) {
  DedupPolicy policy;
  policy.ids_max = settings.dedup_ids;
  if (settings.dedup_ids > 1'000'000) policy.window_us = 24ll * 3600 * 1'000'000;
  if (settings.dedup_ids == 0) policy.window_us = 0;
  return policy;
}

CommitRecord NextCommit(const Log& log) {
  CommitRecord commit;
  commit.position = log.last_position().Next();
  commit.time_us = std::max(absl::ToUnixMicros(absl::Now()), log.last_time_us() + 1);
  return commit;
}

void Publish(const std::string& directory, const Settings& settings) {
  const auto log = OpenLog(directory);
  CHECK_OK(log->LoadDedup(kBus, PolicyOf(settings), 0)) << "identities";
  DedupIndex& identities = log->dedup(kBus);
  testing::OrderEvents events(1);
  Stopwatch all;
  std::vector<double> tenths;
  uint64_t payload = 0;
  uint64_t since_checkpoint = 0;
  double tenth_began = 0;
  for (uint64_t made = 0; made < settings.events;) {
    CommitRecord commit = NextCommit(*log);
    std::vector<event::StoredEvent> waiting;
    for (uint64_t i = 0; i < settings.group && made < settings.events; ++i) {
      waiting.push_back(events.Next(kBus, Sequence(++made)));
      waiting.back().accepted_us = commit.time_us;
      payload += waiting.back().bytes.size();
    }
    all.Start();
    for (event::StoredEvent& event : waiting) {
      const event::EventRef ref = event.ref;
      if (identities.policy().window_us > 0) {
        const auto first = identities.Find(event.dedup_hash, commit.time_us);
        CHECK_OK(first) << "identity";
        CHECK(!first->has_value()) << "all are new";
        identities.Add({event.dedup_hash, commit.time_us, ref.sequence, 1});
      }
      commit.events.push_back({std::make_shared<const event::StoredEvent>(std::move(event)),
                               {TargetId(1 + ref.sequence.value() % settings.targets)}});
    }
    CHECK_OK(log->Append(commit)) << "append";
    since_checkpoint += commit.events.size();
    if (since_checkpoint >= kCheckpointEvents) {
      CHECK_OK(log->WriteCheckpoint(log->last_position(), {}, {}, commit.time_us - 600'000'000))
          << "checkpoint";
      since_checkpoint = 0;
    }
    all.Stop();
    if (made * 10 / settings.events > tenths.size()) {
      const double took = all.seconds() - tenth_began;
      tenths.push_back(static_cast<double>(settings.events) / 10 / took);
      tenth_began = all.seconds();
    }
  }
  const auto [slowest, fastest] = std::minmax_element(tenths.begin(), tenths.end());
  const double disk = DiskMegabytes(directory);
  const double payload_megabytes = static_cast<double>(payload) / (1 << 20);
  std::printf(
      "{\"name\":\"publish\",\"events_per_s\":%.0f,\"slowest_tenth\":%.0f,\"fastest_tenth\":%.0f,"
      "\"cpu_us\":%.2f,\"rss_mb\":%.0f,\"payload_mb\":%.0f,\"disk_mb\":%.0f,"
      "\"disk_of_payload\":%.2f,\"dedup_memory_mb\":%.1f}\n",
      static_cast<double>(settings.events) / all.seconds(), *slowest, *fastest,
      all.cpu_seconds() / static_cast<double>(settings.events) * 1e6, PeakMegabytes(),
      payload_megabytes, disk, disk / payload_megabytes,
      static_cast<double>(identities.memory_bytes()) / (1 << 20));
  for (const auto& [name, value] : log->Stats().engine) {
    std::fprintf(stderr, "  %s %.0f\n", name.c_str(), value);
  }
}

// What a broker reads before it is ready.
void Start(const std::string& directory, const Settings& settings) {
  Stopwatch all;
  all.Start();
  const auto log = OpenLog(directory);
  const absl::Time opened = absl::Now();
  CHECK_OK(log->LoadDedup(kBus, PolicyOf(settings), log->last_time_us())) << "identities";
  const double identities_s = absl::ToDoubleSeconds(absl::Now() - opened);
  const auto checkpoint = log->ReadCheckpoint();
  CHECK_OK(checkpoint) << "checkpoint";
  auto from = log->FindPositionBefore(log->last_time_us() - 600'000'000, 1'000'000);
  CHECK_OK(from) << "position";
  uint64_t commits = 0;
  const auto count = [&](const CommitRecord&) {
    ++commits;
    return absl::OkStatus();
  };
  CHECK_OK(log->ReplayCommits(std::min(*from, checkpoint->position), count, checkpoint->position))
      << "replay";
  all.Stop();
  std::printf(
      "{\"name\":\"start\",\"seconds\":%.2f,\"identities_s\":%.2f,\"replayed_commits\":%llu,"
      "\"cpu_s\":%.2f,\"rss_mb\":%.0f}\n",
      all.seconds(), identities_s, static_cast<unsigned long long>(commits), all.cpu_seconds(),
      PeakMegabytes());
}

// All targets in turn, each with its own place in its queue, as one service drains them.
class Drain {
 public:
  Drain(Log& log, const Settings& settings) : log_(log), settings_(settings) {
    for (uint64_t target = 1; target <= settings.targets; ++target) {
      queues_.push_back({TargetId(target), Sequence(), {}});
    }
  }

  void Run() {
    while (settled_ < settings_.events) {
      for (Queue& queue : queues_) Turn(queue);
    }
  }

 private:
  struct Queue {
    TargetId target;
    Sequence taken;
    std::deque<TargetEntry> entries;
  };

  void Turn(Queue& queue) {
    if (queue.entries.empty()) {
      const auto entries = log_.ReadTargetEntries(queue.target, queue.taken, 256);
      CHECK_OK(entries) << "entries";
      queue.entries.assign(entries->begin(), entries->end());
    }
    for (size_t i = 0; i < kTurn && !queue.entries.empty(); ++i) {
      queue.taken = queue.entries.front().sequence;
      queue.entries.pop_front();
      const auto event = log_.ReadEvent({kBus, queue.taken});
      CHECK_OK(event) << "event";
      SettlementRecord settlement;
      settlement.ref = {queue.target, {kBus, queue.taken}};
      settlement.client_outcome = ClientOutcome::kAcked;
      settlement.boot = BootNumber(1);
      settlement.token = queue.taken.value() * 0x9e3779b97f4a7c15;
      settlements_.push_back(std::move(settlement));
      if (++settled_ % settings_.settle_group == 0 || settled_ == settings_.events) Commit();
    }
  }

  void Commit() {
    CommitRecord commit = NextCommit(log_);
    commit.settlements = std::exchange(settlements_, {});
    CHECK_OK(log_.Append(commit)) << "append";
    if (settled_ - checkpointed_ < kCheckpointEvents && settled_ < settings_.events) return;
    checkpointed_ = settled_;
    std::vector<TargetState> states;
    for (const Queue& queue : queues_) {
      states.emplace_back();
      states.back().target = queue.target;
      states.back().bus = kBus;
      states.back().watermark = queue.taken;
    }
    CHECK_OK(log_.WriteCheckpoint(log_.last_position(), states, {}, commit.time_us - 600'000'000))
        << "checkpoint";
  }

  Log& log_;
  const Settings& settings_;
  std::vector<Queue> queues_;
  std::vector<SettlementRecord> settlements_;
  uint64_t settled_ = 0;
  uint64_t checkpointed_ = 0;
};

void DrainAll(const std::string& directory, const Settings& settings) {
  const auto log = OpenLog(directory);
  Stopwatch all;
  all.Start();
  Drain(*log, settings).Run();
  all.Stop();
  std::printf(
      "{\"name\":\"drain\",\"events_per_s\":%.0f,\"cpu_us\":%.2f,\"rss_mb\":%.0f,"
      "\"disk_mb\":%.0f}\n",
      static_cast<double>(settings.events) / all.seconds(),
      all.cpu_seconds() / static_cast<double>(settings.events) * 1e6, PeakMegabytes(),
      DiskMegabytes(directory));
}

// In a process of its own, which then ends as if killed.
void RunPhase(void (*phase)(const std::string&, const Settings&), const std::string& directory,
              const Settings& settings) {
  std::fflush(stdout);
  const pid_t child = fork();
  CHECK(child >= 0) << "fork";
  if (child == 0) {
    phase(directory, settings);
    std::fflush(stdout);
    _exit(0);
  }
  int status = 0;
  CHECK_EQ(waitpid(child, &status, 0), child) << "it is ours";
  CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0) << "a phase failed";
}

bool ParseFlag(absl::string_view argument, absl::string_view name, uint64_t& value) {
  const std::string prefix = absl::StrCat("--", name, "=");
  return absl::StartsWith(argument, prefix) &&
         absl::SimpleAtoi(argument.substr(prefix.size()), &value);
}

int Main(int argc, char** argv) {
  Settings settings;
  for (int i = 1; i < argc; ++i) {
    const absl::string_view argument = argv[i];
    if (ParseFlag(argument, "events", settings.events) ||
        ParseFlag(argument, "group", settings.group) ||
        ParseFlag(argument, "targets", settings.targets) ||
        ParseFlag(argument, "dedup-ids", settings.dedup_ids) ||
        ParseFlag(argument, "settle-group", settings.settle_group)) {
      continue;
    }
    std::fprintf(stderr, "unknown argument %s: see the head of the source\n", argv[i]);
    return 2;
  }
  testing::TempDir dir;
  const std::string store = dir.File("store");
  RunPhase(Publish, store, settings);
  RunPhase(Start, store, settings);
  RunPhase(DrainAll, store, settings);
  return 0;
}

}  // namespace
}  // namespace pavane::store

int main(int argc, char** argv) { return pavane::store::Main(argc, argv); }
