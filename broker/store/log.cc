#include "store/log.h"

#include <sys/statvfs.h>

#include <filesystem>
#include <system_error>
#include <utility>

#include "base/status_macros.h"
#include "store/damage_report.h"
#include "store/envelope.h"
#include "store/keys.h"
#include "store/log_impl.h"
#include "store/record_codec.h"

namespace pavane::store {
namespace {

uint64_t BytesOfFiles(const std::string& directory) {
  uint64_t bytes = 0;
  std::error_code error;  // a file that vanishes while we look counts nothing
  for (auto at = std::filesystem::directory_iterator(directory, error);
       !error && at != std::filesystem::directory_iterator(); at.increment(error)) {
    std::error_code gone;
    const uint64_t size = at->file_size(gone);
    if (!gone) bytes += size;
  }
  return bytes;
}

struct EngineFigure {
  const char* name;
  const char* property;
};
constexpr EngineFigure kEngineFigures[] = {
    {"memtable_bytes", "rocksdb.cur-size-all-mem-tables"},
    {"block_cache_bytes", "rocksdb.block-cache-usage"},
    {"running_compactions", "rocksdb.num-running-compactions"},
    {"running_flushes", "rocksdb.num-running-flushes"},
    {"pending_compaction_bytes", "rocksdb.estimate-pending-compaction-bytes"},
    {"delayed_write_rate_bytes", "rocksdb.actual-delayed-write-rate"},
    {"write_stopped", "rocksdb.is-write-stopped"},
    {"background_errors", "rocksdb.background-errors"},
    {"sst_bytes", "rocksdb.total-sst-files-size"},
};

}  // namespace

absl::StatusOr<std::unique_ptr<Log>> Log::Open(const Options& options) {
  auto impl = std::make_unique<Impl>(options);
  const absl::Status opened = impl->Open();
  if (absl::IsDataLoss(opened) || absl::IsInternal(opened)) {
    impl.reset();
    return WithDamagedFiles(opened, options.directory);
  }
  RETURN_IF_ERROR(opened);
  return std::unique_ptr<Log>(new Log(std::move(impl)));
}

Log::Log(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Log::~Log() = default;

BootNumber Log::boot() const { return impl_->boot; }
const std::string& Log::store_id() const { return impl_->store_id; }

Position Log::last_position() const {
  MutexLock lock(impl_->mu);
  return impl_->last_position;
}

int64_t Log::last_time_us() const {
  MutexLock lock(impl_->mu);
  return impl_->last_time_us;
}

CatalogVersion Log::catalog_version() const {
  MutexLock lock(impl_->mu);
  return impl_->catalog_version;
}

absl::Status Log::Append(const CommitRecord& commit) { return impl_->Append(commit); }

absl::StatusOr<std::vector<CatalogChange>> Log::ReadCatalog() const {
  std::vector<CatalogChange> entries;
  Scan scan(*impl_->database, Family::kCatalog, "", "");
  for (; scan.Valid(); scan.Next()) {
    ASSIGN_OR_RETURN(const Opened opened, OpenEnvelope("catalog", scan.key(), scan.value()));
    entries.push_back({static_cast<CatalogChange::Kind>(scan.key()[0]), ReadKey64(scan.key(), 1),
                       false, std::string(opened.payload)});
  }
  RETURN_IF_ERROR(scan.status());
  return entries;
}

absl::StatusOr<Log::RuleAsOf> Log::ReadRuleAsOf(BusId bus, absl::string_view name,
                                                CatalogVersion version) const {
  return impl_->ReadRuleAsOf(bus, name, version);
}

absl::StatusOr<Log::Checkpoint> Log::ReadCheckpoint() const {
  Checkpoint checkpoint;
  checkpoint.position = impl_->checkpoint_position;
  Scan scan(*impl_->database, Family::kCheckpoint, "s", "t");
  for (; scan.Valid(); scan.Next()) {
    ASSIGN_OR_RETURN(const Opened opened, OpenEnvelope("checkpoint", scan.key(), scan.value()));
    if (!ParseTargetState(opened.payload, checkpoint.targets.emplace_back())) {
      return CorruptRecord("checkpoint", scan.key(), "it does not decode");
    }
  }
  RETURN_IF_ERROR(scan.status());
  MutexLock lock(impl_->mu);
  for (const auto& [bus, range] : impl_->ranges) {
    checkpoint.last_sequences.emplace_back(bus, range.last);
  }
  checkpoint.last_time_us = impl_->last_time_us;
  return checkpoint;
}

absl::Status Log::ReplayCommits(Position after,
                                const std::function<absl::Status(const CommitRecord&)>& visit,
                                Position events_after) const {
  return impl_->ReplayCommits(after, events_after, visit);
}

absl::StatusOr<Position> Log::FindPositionBefore(int64_t time_us, uint64_t settlements_max) const {
  ASSIGN_OR_RETURN(const Position from, impl_->FindPositionBefore(time_us));
  if (settlements_max == UINT64_MAX) return from;
  return impl_->LimitSettlements(from, settlements_max);
}

DedupIndex& Log::dedup(BusId bus) { return impl_->Dedup(bus); }
absl::Status Log::LoadDedup(BusId bus, DedupPolicy policy, int64_t now_us) {
  return impl_->LoadDedup(bus, policy, now_us);
}
void Log::Fail(const absl::Status& error) {
  if (impl_->failure.ok()) impl_->failure = error;
}

std::pair<Sequence, Sequence> Log::EventRange(BusId bus) const { return impl_->EventRange(bus); }

std::vector<BusId> Log::BusesWithEvents() const {
  std::vector<BusId> buses;
  MutexLock lock(impl_->mu);
  for (const auto& [bus, range] : impl_->ranges) {
    if (range.first) buses.push_back(bus);
  }
  return buses;
}

uint64_t Log::dead_letter_count(TargetId target) const {
  MutexLock lock(impl_->mu);
  const auto found = impl_->letters.find(target);
  return found == impl_->letters.end() ? 0 : found->second.count;
}

std::vector<Log::DeadLetterCount> Log::DeadLetterCounts() const {
  std::vector<DeadLetterCount> counts;
  MutexLock lock(impl_->mu);
  for (const auto& [target, letters] : impl_->letters) {
    if (letters.count > 0) counts.push_back({target, letters.bus, letters.count});
  }
  return counts;
}

size_t Log::unmerged_entries() const {
  MutexLock lock(impl_->mu);
  return impl_->tails.size();
}

absl::Status Log::WriteCheckpoint(Position position, const std::vector<TargetState>& dirty,
                                  const std::vector<TargetId>& gone, int64_t keep_from_us) {
  return impl_->WriteCheckpoint(position, dirty, gone, keep_from_us);
}

absl::StatusOr<uint64_t> Log::KeptBytes(BusId bus) const { return impl_->KeptBytes(bus); }
absl::StatusOr<Sequence> Log::FindByBytes(BusId bus, uint64_t bytes) const {
  return impl_->FindByBytes(bus, bytes);
}

absl::StatusOr<uint64_t> Log::DropEvents(BusId bus, Sequence before) {
  return impl_->DropEvents(bus, before);
}

absl::Status Log::FinishUpkeep() { return impl_->FinishUpkeep(); }
size_t Log::open_upkeep() const { return impl_->upkeep->open(); }

LogStats Log::Stats() const {
  LogStats stats;
  stats.last_position = last_position();
  stats.store_bytes = BytesOfFiles(impl_->options.directory);
  stats.disk_free_bytes = FreeBytes();
  stats.commits = impl_->commits.load(std::memory_order_relaxed);
  stats.syncs = impl_->syncs.load(std::memory_order_relaxed);
  for (const EngineFigure& figure : kEngineFigures) {
    uint64_t value = 0;
    if (impl_->database->db().GetAggregatedIntProperty(figure.property, &value)) {
      stats.engine.emplace_back(figure.name, static_cast<double>(value));
    }
  }
  return stats;
}

uint64_t Log::FreeBytes() const {
  struct statvfs figures;
  if (statvfs(impl_->options.directory.c_str(), &figures) != 0) return 0;
  return static_cast<uint64_t>(figures.f_bavail) * figures.f_frsize;
}

}  // namespace pavane::store
