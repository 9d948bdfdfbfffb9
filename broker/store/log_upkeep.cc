// Upkeep: what the upkeep thread made goes into the commits' batches, in bounded pieces.
#include <algorithm>

#include "base/failpoint.h"
#include "base/status_macros.h"
#include "store/log_impl.h"

namespace pavane::store {

absl::Status Log::Impl::AddWrites(const std::vector<UpkeepWrite>& writes) {
  for (const UpkeepWrite& write : writes) {
    rocksdb::ColumnFamilyHandle* family = database->handle(write.family);
    RETURN_IF_ERROR(FromRocksDb(
        write.deletes ? batch.Delete(family, write.key) : batch.Put(family, write.key, write.value),
        "building upkeep"));
  }
  return absl::OkStatus();
}

absl::Status Log::Impl::AddUpkeep() {
  if (!deletions.empty()) {
    RETURN_IF_ERROR(AddWrites(deletions));
    deletions.clear();
  }
  // A part of the commit's own bytes: small commits stay fast, large ones carry more.
  const size_t share = std::max(options.upkeep.piece_bytes, batch.GetDataSize() / 4);
  return upkeep->AddTo(*database, batch, upkeep_is_behind ? SIZE_MAX : share);
}

void Log::Impl::UpkeepWritten() {
  if (upkeep->open() > 0) FAILPOINT("store.after_upkeep_piece");
  upkeep_is_behind = false;
  upkeep->Written();
}

void Log::Impl::StartUpkeep(const CommitRecord& commit) {
  BusId bus;
  for (const AppendedEvent& appended : commit.events) {
    if (appended.event->ref.bus == bus) continue;
    bus = appended.event->ref.bus;
    TendDedup(bus, commit.time_us);
  }
}

absl::Status Log::Impl::FinishUpkeep() {
  while (upkeep->open() > 0 || !deletions.empty()) {
    upkeep->AwaitComputed();
    upkeep_is_behind = true;
    batch.Clear();
    RETURN_IF_ERROR(AddUpkeep());
    if (batch.Count() > 0) RETURN_IF_ERROR(WriteUpkeep());
    UpkeepWritten();
  }
  batch.Clear();
  return absl::OkStatus();
}

}  // namespace pavane::store
