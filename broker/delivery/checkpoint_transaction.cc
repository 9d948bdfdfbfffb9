#include "delivery/checkpoint_transaction.h"

#include <utility>

#include "base/failpoint.h"
#include "base/log.h"

namespace pavane::delivery {

CheckpointTransaction::CheckpointTransaction(store::Log& log, Position position,
                                             std::vector<store::TargetState> dirty,
                                             std::vector<TargetId> gone, int64_t keep_from_us)
    : log_(log),
      position_(position),
      dirty_(std::move(dirty)),
      gone_(std::move(gone)),
      keep_from_us_(keep_from_us) {}

absl::Status CheckpointTransaction::Prepare(store::CommitBuilder&) { return absl::OkStatus(); }

void CheckpointTransaction::Complete(const absl::Status& status) {
  // Without it the next start replays more; nothing is lost.
  if (!status.ok()) return;
  const Position position =
      FAILPOINT_LIES("delivery.checkpoint_ahead") ? log_.last_position() : position_;
  const absl::Status written = log_.WriteCheckpoint(position, dirty_, gone_, keep_from_us_);
  if (!written.ok()) LOG_ERROR("checkpoint failed: {}", written.ToString());
}

size_t CheckpointTransaction::bytes() const { return 64 + dirty_.size() * 128; }

}  // namespace pavane::delivery
