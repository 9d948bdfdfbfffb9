// The process that the store's crash test kills:
//
//   store_crash_child FOLDER SEED fsync|os TRANSACTIONS MEMTABLES_BYTES
//                     [kill=N] [delay_us=N] [space=N] [syncs=N]
//
// Opens the store in FOLDER, compares everything it holds with what the transactions of the seed
// make and with FOLDER/ledger, then writes TRANSACTIONS more unless it dies before. With kill=N it
// dies by SIGKILL, from a thread of its own, some time (delay_us) after N of them were
// acknowledged, at the latest a few later: whatever the machine is busy with, the parent need not
// be in time. space and syncs are how many bytes may be written and syncs succeed from here on.
//
// Exit codes: 0 all written, 1 something is wrong (stderr says what), 3 the store failed, as space
// and syncs make it.
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mutex.h"
#include "base/status_macros.h"
#include "store/log.h"
#include "store/writer.h"
#include "tests/crash/store/ledger.h"
#include "tests/crash/store/workload.h"
#include "tests/support/fault_env.h"

namespace pavane::testing {
namespace {

constexpr int kWrong = 1;
constexpr int kStoreFailed = 3;

struct Arguments {
  std::string folder;
  uint64_t seed = 0;
  store::Durability durability = store::Durability::kFsync;
  uint64_t transactions = 0;
  uint64_t memtables_bytes = 0;
  uint64_t kill = UINT64_MAX;
  uint64_t delay_us = 0;
  bool faulty = false;  // the store may fail
};

// How many more may be acknowledged before the killer's thread gets its turn.
constexpr uint64_t kGrace = 20;

[[noreturn]] void KillItself(Ledger& ledger) {
  ++ledger->own_kills;
  kill(getpid(), SIGKILL);
  _exit(kWrong);
}

class Killer {
 public:
  Killer(const Arguments& arguments, Ledger& ledger)
      : ledger_(ledger), from_(ledger->held), arguments_(arguments) {
    if (arguments.kill == UINT64_MAX) return;
    thread_ = std::thread([this] {
      while (ledger_->acknowledged < from_ + arguments_.kill && !over_) usleep(20);
      if (arguments_.delay_us > 0) usleep(static_cast<useconds_t>(arguments_.delay_us));
      if (!over_) KillItself(ledger_);
    });
  }
  ~Killer() {
    over_ = true;
    if (thread_.joinable()) thread_.join();
  }
  void OnAcknowledged(uint64_t n) {
    if (arguments_.kill != UINT64_MAX && n >= from_ + arguments_.kill + kGrace) {
      KillItself(ledger_);
    }
  }

 private:
  Ledger& ledger_;
  const uint64_t from_;
  const Arguments& arguments_;
  std::atomic<bool> over_ = false;
  std::thread thread_;
};

// Transactions under way, at most kWorkloadDepth.
class Pipeline {
 public:
  void Enter() {
    MutexLock lock(mu_);
    while (under_way_ >= kWorkloadDepth) changed_.Wait(mu_);
    ++under_way_;
  }
  void Leave() {
    MutexLock lock(mu_);
    --under_way_;
    changed_.NotifyAll();
  }
  void AwaitEmpty() {
    MutexLock lock(mu_);
    while (under_way_ > 0) changed_.Wait(mu_);
  }

 private:
  Mutex mu_;
  CondVar changed_;
  uint64_t under_way_ = 0;
};

// At once: nothing may touch the store any more, as in the broker.
[[noreturn]] void End(int code, const absl::Status& status) {
  std::fprintf(stderr, "%s\n", status.ToString().c_str());
  _exit(code);
}

void ParseOption(absl::string_view option, Arguments& arguments, FaultEnv& fault_env) {
  const std::pair<absl::string_view, absl::string_view> pair = absl::StrSplit(option, '=');
  uint64_t number = 0;
  CHECK(absl::SimpleAtoi(pair.second, &number)) << std::string(option);
  if (pair.first == "kill") {
    arguments.kill = number;
  } else if (pair.first == "delay_us") {
    arguments.delay_us = number;
  } else {
    CHECK(pair.first == "space" || pair.first == "syncs") << std::string(option);
    arguments.faulty = true;
    pair.first == "space" ? fault_env.SetSpaceLeft(static_cast<int64_t>(number))
                          : fault_env.FailSyncs(number);
  }
}

Arguments Parse(int argc, char** argv, FaultEnv& fault_env) {
  Arguments arguments;
  arguments.folder = argv[1];
  CHECK(absl::SimpleAtoi(argv[2], &arguments.seed)) << argv[2];
  if (std::string(argv[3]) == "os") arguments.durability = store::Durability::kOs;
  CHECK(absl::SimpleAtoi(argv[4], &arguments.transactions)) << argv[4];
  CHECK(absl::SimpleAtoi(argv[5], &arguments.memtables_bytes)) << argv[5];
  for (int i = 6; i < argc; ++i) ParseOption(argv[i], arguments, fault_env);
  return arguments;
}

absl::StatusOr<std::unique_ptr<store::Log>> Open(const Arguments& arguments, FaultEnv& fault_env) {
  store::Log::Options options;
  options.directory = absl::StrCat(arguments.folder, "/store");
  options.env = fault_env.env();
  options.durability = arguments.durability;
  options.memtables_bytes_max = arguments.memtables_bytes;
  options.upkeep = EagerUpkeep();
  return store::Log::Open(options);
}

// All there, nothing acknowledged lost, nothing half.
absl::Status Check(store::Log& log, const Arguments& arguments, Ledger& ledger) {
  ASSIGN_OR_RETURN(const uint64_t held, CountTransactions(log));
  RETURN_IF_ERROR(CheckContent(log, arguments.seed, held));
  if (ledger->acknowledged > held) {
    return absl::DataLossError(absl::StrCat(
        ledger->acknowledged.load(), " transactions were acknowledged, ", held, " are there"));
  }
  if (held > ledger->submitted) {
    return absl::InternalError(absl::StrCat(held, " transactions are there, only ",
                                            ledger->submitted.load(), " were ever written"));
  }
  ledger->held = held;
  ledger->submitted = held;  // what a power cut took is written again
  ++ledger->checks;
  return absl::OkStatus();
}

void Write(store::Log& log, const Arguments& arguments, Ledger& ledger) {
  Upkeep upkeep(log, arguments.seed);
  store::Writer::Observers observers;
  observers.commits = &upkeep;
  auto writer = store::Writer::Create(log, SystemClock::Get(), {}, observers);
  if (!writer.ok()) End(arguments.faulty ? kStoreFailed : kWrong, writer.status());
  (*writer)->Start();
  Pipeline pipeline;
  Killer killer(arguments, ledger);
  const auto complete = [&](uint64_t n, const absl::Status& status) {
    if (!status.ok()) End(arguments.faulty ? kStoreFailed : kWrong, status);
    CHECK(n > ledger->acknowledged) << "answers come in order";
    ledger->acknowledged = n;
    killer.OnAcknowledged(n);
    pipeline.Leave();
  };
  const uint64_t held = ledger->held;
  for (uint64_t n = held + 1; n <= held + arguments.transactions; ++n) {
    pipeline.Enter();
    ledger->submitted = n;
    std::unique_ptr<store::Transaction> transaction =
        MakeStoreTransaction(arguments.seed, n, complete);
    CHECK((*writer)->Submit(transaction)) << "the queue is far larger than the pipeline";
  }
  pipeline.AwaitEmpty();
  (*writer)->Stop();
  if (!upkeep.status().ok()) End(arguments.faulty ? kStoreFailed : kWrong, upkeep.status());
}

int Main(int argc, char** argv) {
  ConfigureLog({.level = LogLevel::kError, .format = LogFormat::kText, .sink = {}});
  const std::string folder = argv[1];
  FaultEnv fault_env(absl::StrCat(folder, "/journal"));
  const Arguments arguments = Parse(argc, argv, fault_env);
  Ledger ledger(absl::StrCat(folder, "/ledger"));
  auto log = Open(arguments, fault_env);
  if (!log.ok()) End(arguments.faulty ? kStoreFailed : kWrong, log.status());
  const absl::Status checked = Check(**log, arguments, ledger);
  // It writes, too: identities are sealed, so a faulty disk may show here. What is wrong stays so
  // for the next start's check.
  if (!checked.ok()) End(arguments.faulty ? kStoreFailed : kWrong, checked);
  Write(**log, arguments, ledger);
  return 0;
}

}  // namespace
}  // namespace pavane::testing

int main(int argc, char** argv) {
  if (argc < 6) {
    std::fprintf(stderr, "at least five arguments: see the head of the source\n");
    return 2;
  }
  return pavane::testing::Main(argc, argv);
}
