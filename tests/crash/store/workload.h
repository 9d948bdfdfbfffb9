// What the store's crash and model tests write, and what must then be there.
//
// Transaction n of a seed is always the same, and the writer commits in order: so the whole content
// of the store follows from (seed, how many transactions it holds), and after a crash everything is
// compared, not only what was acknowledged.
#ifndef PAVANE_TESTS_CRASH_STORE_WORKLOAD_H_
#define PAVANE_TESTS_CRASH_STORE_WORKLOAD_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "base/ids.h"
#include "store/commit_builder.h"
#include "store/log.h"
#include "store/transaction.h"
#include "store/writer.h"

namespace pavane::testing {

struct WorkloadEvent {
  BusId bus;
  std::string bytes;
  std::vector<TargetId> targets;
};

// What transaction n consists of. Always a settlement whose token is n.
struct WorkloadTransaction {
  std::vector<WorkloadEvent> events;
  bool exception = false;  // due at n
  bool letter = false;     // of the first event
  bool rule = false;       // rule n
  uint64_t erase_of = 0;   // erases exception and rule of that transaction; 0: none
  uint64_t repeat_of = 0;  // publishes that transaction's first event again; 0: none
};
WorkloadTransaction MakeWorkloadTransaction(uint64_t seed, uint64_t n);

// As the writer takes it; `acknowledged` is called with n when it completed.
std::unique_ptr<store::Transaction> MakeStoreTransaction(
    uint64_t seed, uint64_t n, std::function<void(uint64_t n, const absl::Status&)> acknowledged);

// How many transactions must be complete before the next one may be submitted: erase_of lies
// further back, so that it is never in the same commit.
inline constexpr uint64_t kWorkloadDepth = 64;

// Checkpoints and drops events now and then, by chance of the seed. Writer thread.
class Upkeep : public store::CommitObserver {
 public:
  Upkeep(store::Log& log, uint64_t seed) : log_(log), seed_(seed) {}
  void OnCommit(const std::shared_ptr<const store::CommitRecord>& commit) override;

  // The first failure.
  const absl::Status& status() const { return status_; }

 private:
  absl::Status Checkpoint(const store::CommitRecord& commit, uint64_t chance);

  store::Log& log_;
  const uint64_t seed_;
  absl::Status status_;
};

// How many transactions the store holds, from the last commit.
absl::StatusOr<uint64_t> CountTransactions(const store::Log& log);

// Everything the store holds against what `count` transactions of the seed make. Internal with the
// first difference. No writer may be at work.
absl::Status CheckContent(store::Log& log, uint64_t seed, uint64_t count);

// Upkeep that has something to do after every few transactions.
store::UpkeepOptions EagerUpkeep();

}  // namespace pavane::testing

#endif  // PAVANE_TESTS_CRASH_STORE_WORKLOAD_H_
