// De-duplication: the windows of the buses, their segments on disk, and what a start reads back.
#include <algorithm>

#include "base/failpoint.h"
#include "base/status_macros.h"
#include "store/block_codec.h"
#include "store/keys.h"
#include "store/log_impl.h"

namespace pavane::store {
namespace {

// Segments' worth of identities in memory beyond which the writer waits for the upkeep thread.
constexpr size_t kSegmentsInMemoryMax = 8;

}  // namespace

DedupIndex& Log::Impl::Dedup(BusId bus) {
  std::unique_ptr<DedupIndex>& index = dedup[bus];
  if (index == nullptr) {
    index = std::make_unique<DedupIndex>(*database, bus, DedupPolicy(), options.upkeep);
  }
  return *index;
}

absl::Status Log::Impl::LoadDedup(BusId bus, DedupPolicy policy, int64_t now_us) {
  RETURN_IF_ERROR(FinishUpkeep());  // of the index that was here before
  dedup[bus] = std::make_unique<DedupIndex>(*database, bus, policy, options.upkeep);
  if (FAILPOINT_LIES("store.no_dedup_window")) return absl::OkStatus();
  DedupIndex& index = *dedup[bus];
  Sequence first;
  Sequence last;  // given, even if its event is not kept any more
  {
    MutexLock lock(mu);
    const auto range = ranges.find(bus);
    if (range != ranges.end()) first = range->second.first, last = range->second.last;
  }
  std::vector<UpkeepWrite> writes;
  RETURN_IF_ERROR(index.Load(last, now_us, writes));
  if (policy.window_us > 0 && policy.ids_max > 0 && first) {
    Sequence from = std::max(first, index.sealed_through().Next());
    if (last.value() > policy.ids_max) from = std::max(from, last - (policy.ids_max - 1));
    RETURN_IF_ERROR(LoadDedupFromBlocks(index, bus, from, now_us - policy.window_us, writes));
  }
  FAILPOINT("store.dedup_loaded");
  if (writes.empty()) return absl::OkStatus();
  batch.Clear();
  RETURN_IF_ERROR(AddWrites(writes));
  return WriteUpkeep();
}

absl::Status Log::Impl::LoadDedupFromBlocks(DedupIndex& index, BusId bus, Sequence from,
                                            int64_t after_us,
                                            std::vector<UpkeepWrite>& writes) const {
  // Newest first until the window ends, since only a head says when its events came.
  Sequence begin;
  Scan back(*database, Family::kBlock, BlockKey(bus, from).view(),
            BlockKey(bus.Next(), Sequence()).view(), Scan::Direction::kBackward);
  for (; back.Valid(); back.Next()) {
    ASSIGN_OR_RETURN(const BlockHashes head, DecodeBlockHashes("block", back.key(), back.value()));
    begin = head.first;
    if (head.accepted_first_us <= after_us) break;
  }
  RETURN_IF_ERROR(back.status());
  if (!begin) return absl::OkStatus();
  Scan scan(*database, Family::kBlock, BlockKey(bus, std::max(begin, from)).view(),
            BlockKey(bus.Next(), Sequence()).view());
  for (; scan.Valid(); scan.Next()) {
    ASSIGN_OR_RETURN(const BlockHead head, DecodeBlockHead("block", scan.key(), scan.value()));
    for (size_t i = 0; i < head.events.size(); ++i) {
      const BlockHead::Column& event = head.events[i];
      const Sequence sequence = head.first + i;
      if (sequence < from || event.accepted_us <= after_us) continue;
      if (event.dedup_hash == event::Hash128()) continue;
      index.LoadEntry({event.dedup_hash, event.accepted_us, sequence, event.matched_rules}, writes);
    }
  }
  return scan.status();
}

void Log::Impl::TendDedup(BusId bus, int64_t now_us) {
  const auto found = dedup.find(bus);
  if (found == dedup.end()) return;
  DedupIndex& index = *found->second;
  index.Expire(now_us, deletions);
  if (index.ids_in_memory() > kSegmentsInMemoryMax * options.upkeep.dedup_segment_ids) {
    upkeep->AwaitComputed();
    upkeep_is_behind = true;
  }
  if (auto job = index.MakeSealJob()) upkeep->Submit(std::move(job));
}

absl::Status Log::Impl::SealBeforeDrop(BusId bus, Sequence before, int64_t now_us) {
  const auto found = dedup.find(bus);
  if (found == dedup.end() || !found->second->HoldsBefore(before, now_us)) {
    return absl::OkStatus();
  }
  if (found->second->sealing()) RETURN_IF_ERROR(FinishUpkeep());
  // Of the commit that is being built nothing: it may yet be rolled back.
  const Sequence through = EventRange(bus).second;
  std::vector<UpkeepWrite> writes;
  // Memory has given them up: without the segment a repeat would be taken for new.
  failure = found->second->SealCommitted(through, now_us, writes);
  RETURN_IF_ERROR(failure);
  return AddWrites(writes);
}

}  // namespace pavane::store
