// A checkpoint is one batch: target states, runs, dead-letter counts, the mark, and the deletion of
// what they make needless. It need not be synced: the write-ahead log keeps order, so a later
// commit's sync covers it, and if it is lost, the commits it summed up are still there.
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/types/span.h"

#include "base/check.h"
#include "base/failpoint.h"
#include "base/status_macros.h"
#include "store/envelope.h"
#include "store/keys.h"
#include "store/log_impl.h"
#include "store/record_codec.h"
#include "store/wire.h"

namespace pavane::store {
namespace {

using Watermarks = absl::flat_hash_map<TargetId, Sequence>;

}  // namespace

absl::Status Log::Impl::WriteCheckpoint(Position position, const std::vector<TargetState>& dirty,
                                        const std::vector<TargetId>& gone, int64_t keep_from_us) {
  RETURN_IF_ERROR(failure);
  int64_t time_us = 0;
  {
    MutexLock lock(mu);
    CHECK_LE(position, last_position) << "a checkpoint is of what was";
    CHECK_GE(position, checkpoint_position) << "checkpoints go on";
    time_us = last_time_us;
  }
  Watermarks watermarks;
  for (const TargetState& state : dirty) watermarks[state.target] = state.watermark;
  batch.Clear();
  RETURN_IF_ERROR(PutTargetStates(dirty, gone));
  std::vector<NewRun> written;
  RETURN_IF_ERROR(PutRuns(position, watermarks, {gone.begin(), gone.end()}, written));
  FAILPOINT("store.checkpoint_runs");
  RETURN_IF_ERROR(DeleteRuns(watermarks, gone));
  RETURN_IF_ERROR(PutLetterCounts(position));
  RETURN_IF_ERROR(Put(Family::kCheckpoint, CheckpointKey().view(),
                      SerializeCheckpointMark({position, time_us})));
  Position oldest;
  RETURN_IF_ERROR(DeleteCommits(position, keep_from_us, oldest));
  RETURN_IF_ERROR(FAILPOINT_STATUS("store.before_checkpoint"));
  RETURN_IF_ERROR(AddUpkeep());
  RETURN_IF_ERROR(WriteUpkeep());
  UpkeepWritten();
  FAILPOINT("store.after_checkpoint");

  checkpoint_position = position;
  for (const NewRun& run : written) runs->Add(run.target, run.last, run.entries);
  for (const NewRun& run : written) runs->MergeSmall(run.target);
  // Those of buses that get no events any more expire too.
  for (const auto& [bus, index] : dedup) TendDedup(bus, time_us);
  MutexLock lock(mu);
  oldest_position = oldest;
  tails.DropThrough(position);
  for (const TargetId target : gone) tails.Forget(target);
  return absl::OkStatus();
}

absl::Status Log::Impl::PutTargetStates(const std::vector<TargetState>& dirty,
                                        const std::vector<TargetId>& gone) {
  for (const TargetState& state : dirty) {
    RETURN_IF_ERROR(
        Put(Family::kCheckpoint, TargetStateKey(state.target).view(), SerializeTargetState(state)));
  }
  for (const TargetId target : gone) {
    RETURN_IF_ERROR(Delete(Family::kCheckpoint, TargetStateKey(target).view()));
  }
  return absl::OkStatus();
}

absl::Status Log::Impl::PutRuns(Position position, const Watermarks& watermarks,
                                const absl::flat_hash_set<TargetId>& gone,
                                std::vector<NewRun>& written) {
  std::vector<TargetTails::Entries> through;
  {
    MutexLock lock(mu);
    through = tails.EntriesThrough(position);
  }
  std::string payload;
  for (const auto& [target, entries] : through) {
    if (gone.contains(target)) continue;
    auto at = entries.begin();
    const auto watermark = watermarks.find(target);
    if (watermark != watermarks.end()) {
      at = std::find_if(at, entries.end(), [&](const TargetEntry& entry) {
        return entry.sequence > watermark->second;
      });
    }
    while (at != entries.end()) {
      const size_t count = std::min<size_t>(kRunEntriesMax, entries.end() - at);
      const absl::Span<const TargetEntry> run(&*at, count);
      payload.clear();
      const uint8_t flags = AppendRun(run, payload);
      const Sequence last = run.back().sequence;
      RETURN_IF_ERROR(Put(Family::kRun, RunKey(target, last).view(), payload, flags));
      written.push_back({target, last, count});
      at += static_cast<ptrdiff_t>(count);
    }
  }
  return absl::OkStatus();
}

absl::Status Log::Impl::DeleteRuns(const Watermarks& watermarks,
                                   const std::vector<TargetId>& gone) {
  // One by one, since the keys are known: many range deletions would slow every read down.
  const auto delete_through = [&](TargetId target, Sequence last) -> absl::Status {
    for (const Sequence run : runs->RemoveThrough(target, last)) {
      RETURN_IF_ERROR(Delete(Family::kRun, RunKey(target, run).view()));
    }
    return absl::OkStatus();
  };
  for (const auto& [target, watermark] : watermarks) {
    RETURN_IF_ERROR(delete_through(target, watermark));
  }
  for (const TargetId target : gone) {
    RETURN_IF_ERROR(delete_through(target, Sequence(UINT64_MAX)));
  }
  return absl::OkStatus();
}

absl::Status Log::Impl::PutLetterCounts(Position position) {
  absl::flat_hash_map<TargetId, int64_t> changes;
  {
    MutexLock lock(mu);
    while (!letter_changes.empty() && letter_changes.front().position <= position) {
      changes[letter_changes.front().target] += letter_changes.front().change;
      letter_changes.pop_front();
    }
  }
  std::string payload;
  for (const auto& [target, change] : changes) {
    uint64_t& count = checkpoint_letters[target];
    count += static_cast<uint64_t>(change);
    const Key key = DeadLetterCountKey(target);
    if (count == 0) {
      checkpoint_letters.erase(target);
      RETURN_IF_ERROR(Delete(Family::kCheckpoint, key.view()));
      continue;
    }
    payload.clear();
    WireWriter(payload).Varint(count);
    RETURN_IF_ERROR(Put(Family::kCheckpoint, key.view(), payload));
  }
  return absl::OkStatus();
}

absl::Status Log::Impl::DeleteCommits(Position through, int64_t keep_from_us, Position& oldest) {
  Position last;
  {
    MutexLock lock(mu);
    oldest = oldest_position;
    last = last_position;
  }
  ASSIGN_OR_RETURN(const Position before_window, FindPositionBefore(keep_from_us));
  // The last one always stays: it says where positions, time and catalog version go on.
  const Position keep_from = std::min({through.Next(), before_window.Next(), last});
  if (keep_from <= oldest) return absl::OkStatus();
  const Key from = CommitKey(oldest);
  const Key to = CommitKey(keep_from);
  oldest = keep_from;
  return FromRocksDb(batch.DeleteRange(database->handle(Family::kCommit), ToSlice(from.view()),
                                       ToSlice(to.view())),
                     "building a checkpoint");
}

}  // namespace pavane::store
