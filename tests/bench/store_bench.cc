// The store alone: appending groups of 512-byte events, each to one of 1,000 targets and with the
// settlement of an earlier one, and reading them back.
//
//   bench_store [--benchmark_filter=Append]
//
// Folders are made below $TMPDIR: let it be a real disk. Times are of the store's calls; making the
// events is not counted. cpu_us is the process' CPU time per event, RocksDB's threads included.
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "benchmark/benchmark.h"

#include "base/check.h"
#include "base/random.h"
#include "store/block_codec.h"
#include "store/database.h"
#include "store/dedup_index.h"
#include "store/keys.h"
#include "store/log.h"
#include "store/writer.h"
#include "tests/bench/order_events.h"
#include "tests/support/temp_dir.h"

namespace pavane::store {
namespace {

constexpr BusId kBus(1);
constexpr uint64_t kTargets = 1000;
constexpr size_t kDataBytes = 512;

double CpuSeconds() {
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) { return time.tv_sec + time.tv_usec * 1e-6; };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

class Events {
 public:
  AppendedEvent Next() {
    event::StoredEvent event = events_.Next(kBus, Sequence(++made_));
    const TargetId target(1 + random_.Uniform(kTargets));
    return {std::make_shared<const event::StoredEvent>(std::move(event)), {target}};
  }
  uint64_t made() const { return made_; }

 private:
  testing::OrderEvents events_{1};
  SeededRandom random_{2};
  uint64_t made_ = 0;
};

std::unique_ptr<Log> OpenLog(const testing::TempDir& dir, Durability durability,
                             uint64_t tail_cache_bytes = 32 << 20) {
  Log::Options options;
  options.directory = dir.path();
  options.durability = durability;
  options.tail_cache_bytes = tail_cache_bytes;
  auto log = Log::Open(options);
  CHECK_OK(log) << dir.path();
  return *std::move(log);
}

// A commit of `group` events and, of a consumer who keeps up, as many settlements.
CommitRecord MakeCommit(const Log& log, size_t group, Events& events,
                        std::deque<DeliveryRef>& unsettled) {
  CommitRecord commit;
  commit.position = log.last_position().Next();
  commit.time_us = absl::ToUnixMicros(absl::Now());
  commit.time_us = std::max(commit.time_us, log.last_time_us() + 1);
  for (size_t i = 0; i < group && !unsettled.empty(); ++i) {
    SettlementRecord settlement;
    settlement.ref = unsettled.front();
    settlement.client_outcome = ClientOutcome::kAcked;
    settlement.boot = BootNumber(1);
    settlement.token = commit.position.value() * 0x9e3779b97f4a7c15 + i;
    settlement.content_hash = 7;
    commit.settlements.push_back(std::move(settlement));
    unsettled.pop_front();
  }
  for (size_t i = 0; i < group; ++i) {
    commit.events.push_back(events.Next());
    unsettled.push_back({commit.events.back().targets.front(), commit.events.back().event->ref});
  }
  return commit;
}

// A checkpoint as often as the dispatcher would write one, everything settled.
void CheckpointAll(Log& log, const Events& events) {
  std::vector<TargetState> states;
  for (uint64_t target = 1; target <= kTargets; ++target) {
    states.emplace_back();
    states.back().target = TargetId(target);
    states.back().bus = kBus;
    states.back().watermark = Sequence(events.made());
  }
  CHECK_OK(log.WriteCheckpoint(log.last_position(), states, {}, INT64_MAX)) << "checkpoint";
}

void BM_Append(benchmark::State& state) {
  testing::TempDir dir;
  const auto group = static_cast<size_t>(state.range(0));
  const auto durability = state.range(1) != 0 ? Durability::kFsync : Durability::kOs;
  const auto log = OpenLog(dir, durability);
  Events events;
  std::deque<DeliveryRef> unsettled;
  double seconds = 0;
  double cpu_seconds = 0;
  uint64_t since_checkpoint = 0;
  for (auto _ : state) {
    const CommitRecord commit = MakeCommit(*log, group, events, unsettled);
    const double cpu_before = CpuSeconds();
    const absl::Time before = absl::Now();
    CHECK_OK(log->Append(commit)) << "append";
    since_checkpoint += group;
    if (since_checkpoint >= 500'000) {
      CheckpointAll(*log, events);
      since_checkpoint = 0;
    }
    const double took = absl::ToDoubleSeconds(absl::Now() - before);
    cpu_seconds += CpuSeconds() - cpu_before;
    seconds += took;
    state.SetIterationTime(took);
  }
  const auto appended = static_cast<double>(events.made());
  state.counters["events_per_s"] = appended / seconds;
  state.counters["cpu_us"] = cpu_seconds / appended * 1e6;
  const LogStats stats = log->Stats();
  state.counters["disk_bytes_per_event"] = static_cast<double>(stats.store_bytes) / appended;
}
BENCHMARK(BM_Append)
    ->ArgNames({"group", "sync"})
    ->Args({1, 1})
    ->Args({64, 1})
    ->Args({256, 1})
    ->Args({1024, 1})
    ->Args({64, 0})
    ->Args({1024, 0})
    ->UseManualTime()
    ->MinTime(4)
    ->Unit(benchmark::kMicrosecond);

// The limit: the bytes of the same commit as one value, synced the same way.
void BM_RawPut(benchmark::State& state) {
  testing::TempDir dir;
  const auto group = static_cast<size_t>(state.range(0));
  const auto database = Database::Open({.directory = dir.path()});
  CHECK_OK(database) << dir.path();
  Events events;
  uint64_t number = 0;
  double seconds = 0;
  double cpu_seconds = 0;
  std::string scratch;
  for (auto _ : state) {
    std::vector<event::StoredEventPtr> block;
    for (size_t i = 0; i < group; ++i) block.push_back(events.Next().event);
    std::string value;
    AppendBlockHead(block, value);
    AppendPayload(block, true, scratch, value);
    value.append(5 * group, ' ');  // dispatch and settlements
    const double cpu_before = CpuSeconds();
    const absl::Time before = absl::Now();
    rocksdb::WriteBatch batch;
    const Key key = BlockKey(kBus, Sequence(++number));
    CHECK(batch.Put((*database)->handle(Family::kBlock), ToSlice(key.view()), value).ok()) << "put";
    CHECK_OK((*database)->Write(batch, true)) << "write";
    const double took = absl::ToDoubleSeconds(absl::Now() - before);
    cpu_seconds += CpuSeconds() - cpu_before;
    seconds += took;
    state.SetIterationTime(took);
  }
  const auto written = static_cast<double>(events.made());
  state.counters["events_per_s"] = written / seconds;
  state.counters["cpu_us"] = cpu_seconds / written * 1e6;
}
BENCHMARK(BM_RawPut)
    ->ArgNames({"group"})
    ->Arg(1)
    ->Arg(64)
    ->Arg(1024)
    ->UseManualTime()
    ->MinTime(2)
    ->Unit(benchmark::kMicrosecond);

// What de-duplication costs the writer thread for a new event, with that many in the window.
void BM_DedupNew(benchmark::State& state) {
  testing::TempDir dir;
  const auto ids = static_cast<uint64_t>(state.range(0));
  const auto database = Database::Open({.directory = dir.path()});
  CHECK_OK(database) << dir.path();
  DedupIndex index(**database, kBus, {.window_us = INT64_MAX / 2, .ids_max = ids}, {});
  SeededRandom random(1);
  uint64_t made = 0;
  std::vector<event::Hash128> hashes(1024);
  const auto group = [&] {
    for (event::Hash128& hash : hashes) hash = {random.Uint64(), random.Uint64()};
  };
  const auto add = [&] {
    for (const event::Hash128& hash : hashes) {
      const auto first = index.Find(hash, static_cast<int64_t>(made));
      CHECK_OK(first) << "identity";
      CHECK(!first->has_value()) << "all are new";
      ++made;
      index.Add({hash, static_cast<int64_t>(made), Sequence(made), 1});
    }
    std::vector<UpkeepWrite> deletions;
    index.Expire(static_cast<int64_t>(made), deletions);
    return index.MakeSealJob();
  };
  // As the upkeep thread and the next commits do.
  const auto seal = [&](UpkeepJob& job) {
    CHECK_OK(job.Compute()) << "sealing";
    rocksdb::WriteBatch batch;
    for (const UpkeepWrite& write : job.writes) {
      CHECK(batch.Put((*database)->handle(write.family), write.key, write.value).ok()) << "put";
    }
    CHECK_OK((*database)->Write(batch, false)) << "write";
    job.Applied();
  };
  while (made < ids) {
    group();
    if (const auto job = add()) seal(*job);
  }
  std::unique_ptr<UpkeepJob> job;
  for (auto _ : state) {
    group();
    const absl::Time before = absl::Now();
    job = add();
    state.SetIterationTime(absl::ToDoubleSeconds(absl::Now() - before));
    if (job != nullptr) seal(*job);
  }
  state.counters["ns_per_event"] = benchmark::Counter(
      1024e-9, benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
  state.counters["memory_mb"] = static_cast<double>(index.memory_bytes()) / (1 << 20);
  state.counters["segments"] = static_cast<double>(index.segments());
}
BENCHMARK(BM_DedupNew)
    ->ArgNames({"ids"})
    ->Arg(10'000)
    ->Arg(1'000'000)
    ->Arg(10'000'000)
    ->UseManualTime()
    ->Iterations(2000);

class PublishTransaction : public Transaction {
 public:
  PublishTransaction(std::vector<AppendedEvent> events, std::atomic<uint64_t>& done)
      : events_(std::move(events)), done_(done) {}
  absl::Status Prepare(CommitBuilder& commit) override {
    for (AppendedEvent& event : events_) {
      commit.AppendEvent(*event.event, std::move(event.targets));
    }
    return absl::OkStatus();
  }
  void Complete(const absl::Status& status) override {
    CHECK_OK(status) << "publish";
    done_ += events_.size();
  }
  size_t bytes() const override { return events_.size() * (kDataBytes + 100); }

 private:
  std::vector<AppendedEvent> events_;
  std::atomic<uint64_t>& done_;
};

// Through the writer, de-duplication on: one transaction holds `batch` events.
void BM_Writer(benchmark::State& state) {
  testing::TempDir dir;
  const auto batch = static_cast<size_t>(state.range(0));
  const auto log = OpenLog(dir, Durability::kFsync);
  auto writer = Writer::Create(*log, SystemClock::Get(), {}, {});
  CHECK_OK(writer) << "writer";
  (*writer)->Start();
  Events events;
  std::atomic<uint64_t> done{0};
  constexpr size_t kEvents = 200'000;
  double seconds = 0;
  double cpu_seconds = 0;
  for (auto _ : state) {
    std::vector<std::unique_ptr<Transaction>> transactions;
    for (size_t made = 0; made < kEvents; made += batch) {
      std::vector<AppendedEvent> part;
      for (size_t i = 0; i < batch; ++i) part.push_back(events.Next());
      transactions.push_back(std::make_unique<PublishTransaction>(std::move(part), done));
    }
    done = 0;
    const double cpu_before = CpuSeconds();
    const absl::Time before = absl::Now();
    for (auto& transaction : transactions) {
      while (!(*writer)->Submit(transaction)) absl::SleepFor(absl::Microseconds(100));
    }
    while (done < kEvents) absl::SleepFor(absl::Microseconds(100));
    const double took = absl::ToDoubleSeconds(absl::Now() - before);
    cpu_seconds += CpuSeconds() - cpu_before;
    seconds += took;
    state.SetIterationTime(took);
  }
  const auto appended = static_cast<double>(events.made());
  state.counters["events_per_s"] = appended / seconds;
  state.counters["cpu_us"] = cpu_seconds / appended * 1e6;
}
BENCHMARK(BM_Writer)->ArgNames({"batch"})->Arg(1)->Arg(64)->UseManualTime()->Iterations(5)->Unit(
    benchmark::kMillisecond);

// 400,000 events, read from disk in batches, as a backlog is drained.
void BM_Drain(benchmark::State& state) {
  testing::TempDir dir;
  constexpr uint64_t kEvents = 400'000;
  const auto group = static_cast<size_t>(state.range(0));
  {
    const auto log = OpenLog(dir, Durability::kOs);
    Events events;
    std::deque<DeliveryRef> unsettled;
    while (events.made() < kEvents) {
      CommitRecord commit = MakeCommit(*log, group, events, unsettled);
      CHECK_OK(log->Append(commit)) << "append";
    }
    CHECK_OK(log->WriteCheckpoint(log->last_position(), {}, {}, INT64_MAX)) << "checkpoint";
  }
  const auto log = OpenLog(dir, Durability::kOs, 4 << 20);
  uint64_t read = 0;
  for (auto _ : state) {
    for (Sequence at(1); at.value() <= kEvents;) {
      const auto events = log->ReadEvents(kBus, at, false, 256, 1 << 20);
      CHECK_OK(events) << "read";
      at = at + events->size();
      read += events->size();
    }
  }
  state.counters["events_per_s"] =
      benchmark::Counter(static_cast<double>(read), benchmark::Counter::kIsRate);
}
BENCHMARK(BM_Drain)->ArgNames({"group"})->Arg(1)->Arg(256)->Iterations(3)->Unit(
    benchmark::kMillisecond);

void BM_ReadFresh(benchmark::State& state) {
  testing::TempDir dir;
  const auto log = OpenLog(dir, Durability::kOs);
  Events events;
  std::deque<DeliveryRef> unsettled;
  constexpr uint64_t kEvents = 20'000;
  while (events.made() < kEvents) {
    CHECK_OK(log->Append(MakeCommit(*log, 200, events, unsettled))) << "append";
  }
  uint64_t at = 0;
  for (auto _ : state) {
    const auto event = log->ReadEvent({kBus, Sequence(1 + at++ % kEvents)});
    CHECK_OK(event) << "read";
    benchmark::DoNotOptimize(*event);
  }
}
BENCHMARK(BM_ReadFresh);

// A start with 400,000 undelivered events since the last checkpoint.
void BM_Start(benchmark::State& state) {
  testing::TempDir dir;
  {
    const auto log = OpenLog(dir, Durability::kOs);
    Events events;
    std::deque<DeliveryRef> unsettled;
    while (events.made() < 400'000) {
      CHECK_OK(log->Append(MakeCommit(*log, 256, events, unsettled))) << "append";
    }
  }
  for (auto _ : state) {
    const auto log = OpenLog(dir, Durability::kOs);
    auto writer = Writer::Create(*log, SystemClock::Get(), {}, {});
    CHECK_OK(writer) << "writer";
  }
}
BENCHMARK(BM_Start)->Iterations(3)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace pavane::store

BENCHMARK_MAIN();
