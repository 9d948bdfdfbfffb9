// The process that the store's crash test kills:
//
//   store_crash_child DIRECTORY JOURNAL ACKNOWLEDGEMENTS SEED fsync|os TRANSACTIONS
//
// Opens the store, goes on after the last transaction it holds, and appends the number of each
// transaction that was acknowledged to a file, 8 bytes each. Ends by itself after TRANSACTIONS
// more, unless it dies before.
#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "base/check.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "store/log.h"
#include "store/writer.h"
#include "tests/crash/store/workload.h"
#include "tests/support/fault_env.h"

namespace pavane::testing {
namespace {

// One write a number: whole, whenever the process dies.
class AckFile {
 public:
  explicit AckFile(const char* path) : file_(open(path, O_WRONLY | O_CREAT | O_APPEND, 0640)) {
    CHECK(file_ >= 0) << path;
  }
  void Add(uint64_t n) { CHECK_EQ(write(file_, &n, sizeof(n)), 8) << "the test's own disk"; }

 private:
  const int file_;
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

int Main(char** arguments) {
  FaultEnv fault_env(arguments[2]);
  AckFile acknowledged(arguments[3]);
  const uint64_t seed = std::strtoull(arguments[4], nullptr, 10);
  const uint64_t transactions = std::strtoull(arguments[6], nullptr, 10);
  store::Log::Options options;
  options.directory = arguments[1];
  options.env = fault_env.env();
  options.upkeep = EagerUpkeep();
  options.durability =
      std::string(arguments[5]) == "os" ? store::Durability::kOs : store::Durability::kFsync;
  auto log = store::Log::Open(options);
  CHECK_OK(log) << "opening";
  const auto count = CountTransactions(**log);
  CHECK_OK(count) << "counting";
  Upkeep upkeep(**log, seed);
  store::Writer::Observers observers;
  observers.commits = &upkeep;
  auto writer = store::Writer::Create(**log, SystemClock::Get(), {}, observers);
  CHECK_OK(writer) << "creating the writer";
  (*writer)->Start();
  Pipeline pipeline;
  const auto complete = [&](uint64_t n, const absl::Status& status) {
    CHECK_OK(status) << "transaction " << n;
    acknowledged.Add(n);
    pipeline.Leave();
  };
  for (uint64_t n = *count + 1; n <= *count + transactions; ++n) {
    pipeline.Enter();
    std::unique_ptr<store::Transaction> transaction = MakeStoreTransaction(seed, n, complete);
    CHECK((*writer)->Submit(transaction)) << "the queue is far larger than the pipeline";
  }
  pipeline.AwaitEmpty();
  (*writer)->Stop();
  CHECK_OK(upkeep.status()) << "upkeep";
  return 0;
}

}  // namespace
}  // namespace pavane::testing

int main(int argc, char** argv) {
  if (argc != 7) {
    std::fprintf(stderr, "six arguments: see the head of the source\n");
    return 2;
  }
  return pavane::testing::Main(argv);
}
