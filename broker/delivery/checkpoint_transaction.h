#ifndef PAVANE_DELIVERY_CHECKPOINT_TRANSACTION_H_
#define PAVANE_DELIVERY_CHECKPOINT_TRANSACTION_H_

#include <cstdint>
#include <vector>

#include "absl/status/status.h"

#include "base/ids.h"
#include "store/log.h"
#include "store/transaction.h"

namespace pavane::delivery {

/// Stores the states of dirty targets, on the writer thread since only that may write. Adds nothing
/// to the log: a checkpoint is a cache of what the records say.
class CheckpointTransaction : public store::Transaction {
 public:
  CheckpointTransaction(store::Log& log, Position position, std::vector<store::TargetState> dirty,
                        std::vector<TargetId> gone, int64_t keep_from_us);

  absl::Status Prepare(store::CommitBuilder& commit) override;
  void Complete(const absl::Status& status) override;
  bool reserved() const override { return true; }
  size_t bytes() const override;

 private:
  store::Log& log_;
  const Position position_;
  const std::vector<store::TargetState> dirty_;
  const std::vector<TargetId> gone_;
  const int64_t keep_from_us_;
};

}  // namespace pavane::delivery

#endif  // PAVANE_DELIVERY_CHECKPOINT_TRANSACTION_H_
