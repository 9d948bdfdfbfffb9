#include "store/database.h"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "rocksdb/env.h"
#include "rocksdb/filter_policy.h"
#include "rocksdb/iostats_context.h"
#include "rocksdb/perf_level.h"
#include "rocksdb/table.h"
#include "rocksdb/utilities/table_properties_collectors.h"

#include "base/check.h"
#include "base/failpoint.h"
#include "base/log.h"
#include "base/status_macros.h"
#include "store/wal_tail.h"

namespace pavane::store {
namespace {

constexpr std::array<absl::string_view, kFamilies> kFamilyNames = {
    "default",           "commit",  "block",      "payload", "run",      "exception", "dead_letter",
    "dead_letter_event", "catalog", "checkpoint", "dedup",   "scheduled"};

// Those that every store has; later ones are made when an older store is first opened.
constexpr size_t kFamiliesOfFormat1 = 10;

// Memory: memtables of all families together, and one block cache.
constexpr size_t kMemtablesBytesMax = 64 << 20;
constexpr size_t kBlockCacheBytes = 24 << 20;
// Bounds what a start replays, and holds in memory until its first flush. Families that are rarely
// written are flushed when it is reached.
constexpr uint64_t kWalBytesMax = 128 << 20;

// Deleted in key order as their timers run: a file half of tombstones is compacted at once, or else
// a scan from the front walks through them all (a million take a second).
constexpr size_t kTombstoneWindow = 4096;
constexpr size_t kTombstoneTrigger = 2048;

rocksdb::DBOptions DatabaseOptions(const Database::Options& options) {
  rocksdb::DBOptions db;
  if (options.env != nullptr) db.env = options.env;
  db.create_if_missing = options.create_if_missing;
  db.create_missing_column_families = true;
  db.max_background_jobs = 2;
  db.db_write_buffer_size = kMemtablesBytesMax;
  if (options.memtables_bytes_max != 0) db.db_write_buffer_size = options.memtables_bytes_max;
  db.max_total_wal_size = kWalBytesMax;
  db.bytes_per_sync = 1 << 20;  // files are written out as they grow, not in one long stall
  db.allow_concurrent_memtable_write = false;  // there is one writer
  db.enable_write_thread_adaptive_yield = false;
  db.max_open_files = 512;
  db.keep_log_file_num = 4;
  db.max_log_file_size = 4 << 20;
  db.info_log_level = rocksdb::InfoLogLevel::WARN_LEVEL;
  db.stats_dump_period_sec = 0;
  db.stats_persist_period_sec = 0;
  // A record cut off by the end of the write-ahead log was never acknowledged and is dropped;
  // anything else that does not read back refuses the start. kPointInTimeRecovery would also drop
  // what follows a damaged record, acknowledged or not; kAbsoluteConsistency would refuse after
  // every power cut. What is dropped is checked against the acknowledgement mark.
  db.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  // A manifest that lost its end may ask for logs that are gone since: that is noticed.
  db.track_and_verify_wals_in_manifest = true;
  // So that a start that is then refused has thrown nothing away.
  db.avoid_flush_during_recovery = true;
  db.paranoid_checks = true;
  db.db_host_id = "";  // tables do not name the machine that wrote them
  return db;
}

rocksdb::ColumnFamilyOptions FamilyOptions(absl::string_view name,
                                           const std::shared_ptr<rocksdb::Cache>& cache) {
  rocksdb::ColumnFamilyOptions family;
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = cache;
  table.block_size = 16 << 10;
  table.format_version = 5;
  table.checksum = rocksdb::kXXH3;
  table.cache_index_and_filter_blocks = true;
  table.pin_l0_filter_and_index_blocks_in_cache = true;
  family.compression = rocksdb::kLZ4Compression;
  family.write_buffer_size = 8 << 20;
  family.max_write_buffer_number = 4;
  if (name == FamilyName(Family::kPayload)) {
    family.compression = rocksdb::kNoCompression;  // blocks are, where it pays
    family.write_buffer_size = 16 << 20;
    family.target_file_size_base = 64 << 20;
  } else if (name == FamilyName(Family::kBlock) || name == FamilyName(Family::kDedup)) {
    family.compression = rocksdb::kNoCompression;  // hashes
  } else if (name == FamilyName(Family::kException) || name == FamilyName(Family::kDeadLetter) ||
             name == FamilyName(Family::kDeadLetterEvent) || name == FamilyName(Family::kRun) ||
             name == FamilyName(Family::kScheduledEvent)) {
    family.table_properties_collector_factories.push_back(
        rocksdb::NewCompactOnDeletionCollectorFactory(kTombstoneWindow, kTombstoneTrigger));
  }
  family.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  return family;
}

std::vector<std::string> FamilyNamesOf(const Database::Options& options,
                                       const rocksdb::DBOptions& db) {
  std::vector<std::string> names;
  // Fails when there is no database yet.
  const rocksdb::Status listed = rocksdb::DB::ListColumnFamilies(db, options.directory, &names);
  if (!listed.ok()) names.clear();
  for (const absl::string_view name : kFamilyNames) {
    if (std::find(names.begin(), names.end(), name) == names.end()) names.emplace_back(name);
  }
  return names;
}

// What an earlier process left written but not synced gets to the disk before anything is built on
// it. RocksDB reads these logs and never syncs them: after SIGKILL, a start and then a power cut
// the end of an old log would be gone, while commits synced since, or tables flushed from it, are
// there.
absl::Status SyncLogs(const Database::Options& options) {
  rocksdb::Env& env = options.env != nullptr ? *options.env : *rocksdb::Env::Default();
  std::vector<std::string> names;
  const rocksdb::Status listed = env.GetChildren(options.directory, &names);
  if (listed.IsNotFound()) return absl::OkStatus();  // a new store
  RETURN_IF_ERROR(FromRocksDb(listed, absl::StrCat("reading ", options.directory)));
  for (const std::string& name : names) {
    if (!absl::EndsWith(name, ".log")) continue;
    const std::string path = absl::StrCat(options.directory, "/", name);
    std::unique_ptr<rocksdb::WritableFile> file;
    rocksdb::Status synced = env.ReopenWritableFile(path, &file, rocksdb::EnvOptions());
    if (synced.ok()) synced = file->Sync();
    if (synced.ok()) synced = file->Close();
    RETURN_IF_ERROR(FromRocksDb(synced, absl::StrCat("syncing ", path)));
  }
  return absl::OkStatus();
}

// RocksDB makes what it does not find, and would begin anew beside what is left: a store whose
// CURRENT is gone, or families that a manifest which lost its end does not have any more.
absl::Status CheckWhole(const Database::Options& options) {
  std::error_code error;
  const bool has_mark = std::filesystem::exists(options.directory + "/ACKNOWLEDGED", error);
  if (!std::filesystem::exists(options.directory + "/CURRENT", error)) {
    if (!has_mark) return absl::OkStatus();  // a new store
    return absl::DataLossError(
        absl::StrCat("data directory ", options.directory, " has lost its file CURRENT"));
  }
  std::vector<std::string> names;
  rocksdb::DBOptions db;
  if (options.env != nullptr) db.env = options.env;
  const rocksdb::Status listed = rocksdb::DB::ListColumnFamilies(db, options.directory, &names);
  RETURN_IF_ERROR(FromRocksDb(listed, absl::StrCat("opening data directory ", options.directory)));
  // The mark is made after the families, so a store that has it has them.
  if (!has_mark) return absl::OkStatus();
  for (size_t i = 0; i < kFamiliesOfFormat1; ++i) {
    const absl::string_view name = kFamilyNames[i];
    if (std::find(names.begin(), names.end(), name) != names.end()) continue;
    return absl::DataLossError(absl::StrCat("the manifest of data directory ", options.directory,
                                            " has lost the family ", name));
  }
  return absl::OkStatus();
}

// The number of the oldest log that is not yet in tables with all it holds. After an opening it is
// too late to ask: RocksDB counts what it found in the logs.
absl::StatusOr<uint64_t> FirstNeededLog(const Database::Options& options) {
  rocksdb::Options db(DatabaseOptions(options), rocksdb::ColumnFamilyOptions());
  rocksdb::DB* opened = nullptr;
  RETURN_IF_ERROR(FromRocksDb(rocksdb::DB::OpenForReadOnly(db, options.directory, &opened),
                              "reading the manifest"));
  const std::unique_ptr<rocksdb::DB> database(opened);
  uint64_t number = 0;
  CHECK(database->GetIntProperty(rocksdb::DB::Properties::kMinLogNumberToKeep, &number));
  return number;
}

// RocksDB deletes the newer of two logs that it needs no more first. Where a crash came between
// them there is a gap in the logs, but not in the needed ones.
absl::StatusOr<LogsScan> ScanNeededLogs(const Database::Options& options, bool checksums) {
  absl::StatusOr<LogsScan> all = ScanLogs(options.directory, checksums);
  if (all.ok()) return all;
  const absl::StatusOr<uint64_t> first_needed = FirstNeededLog(options);
  if (!first_needed.ok()) return all;
  return ScanLogs(options.directory, checksums, *first_needed);
}

// Nothing behind a hole at the end of the logs was ever synced, so nobody was told of it: it is cut
// off. A copy stays, and the log checks the acknowledgement mark all the same.
absl::StatusOr<LogsScan> CutTornLog(const Database::Options& options, bool checksums) {
  ASSIGN_OR_RETURN(LogsScan logs, ScanNeededLogs(options, checksums));
  const std::optional<TornLog>& torn = logs.torn;
  if (!torn.has_value()) return logs;
  LOG_WARNING("the end of the write-ahead log is torn, as by a power cut: it is dropped",
              {{"log", torn->path}, {"from_byte", torn->offset}});
  std::error_code error;
  std::filesystem::copy_file(torn->path, torn->path + ".torn",
                             std::filesystem::copy_options::overwrite_existing, error);
  if (!error) std::filesystem::resize_file(torn->path, torn->offset, error);
  if (error) {
    return absl::InternalError(
        absl::StrCat("the torn end of ", torn->path, " cannot be cut off: ", error.message()));
  }
  FAILPOINT("store.torn_log_cut");
  RETURN_IF_ERROR(SyncLogs(options));
  return ScanNeededLogs(options, checksums);
}

// RocksDB would leave an empty folder behind where it finds no database.
absl::Status FindDatabase(const std::string& directory) {
  std::error_code error;
  if (std::filesystem::exists(directory + "/CURRENT", error)) return absl::OkStatus();
  return absl::NotFoundError(absl::StrCat("there is no store in ", directory));
}

// RocksDB has no code for a lock held by somebody else, only the system's words.
absl::Status OpenError(const rocksdb::Status& status, const std::string& directory) {
  const std::string text = status.ToString();
  if (absl::StrContains(text, "lock file") && absl::StrContains(text, "temporarily unavailable")) {
    return absl::UnavailableError(
        absl::StrCat("data directory ", directory, " is in use by another process"));
  }
  return FromRocksDb(status, absl::StrCat("opening data directory ", directory));
}

// What is in tables was in a log before, which RocksDB syncs first, and it keeps every log from the
// oldest it needs on: so where the last one is needed, the logs hold every newer number. A log of
// an earlier process is not in the manifest with its length, and half of a write would be lost with
// its end where some families are flushed and others not. A log that is not needed is about to be
// deleted; newer ones may be gone before it.
absl::Status CheckLogsReachTables(rocksdb::DB& db, const LogsScan& logs) {
  if (logs.next_number == 0) return absl::OkStatus();
  uint64_t first_needed = 0;
  CHECK(db.GetIntProperty(rocksdb::DB::Properties::kMinLogNumberToKeep, &first_needed));
  if (LogNumber(logs.last) < first_needed) return absl::OkStatus();
  std::vector<rocksdb::LiveFileMetaData> tables;
  db.GetLiveFilesMetaData(&tables);
  for (const rocksdb::LiveFileMetaData& table : tables) {
    if (table.largest_seqno < logs.next_number) continue;
    return absl::DataLossError(
        absl::StrCat("the write-ahead log ", logs.last,
                     " has lost its end: it stops before number ", logs.next_number,
                     ", and the table ", table.relative_filename, " holds ", table.largest_seqno));
  }
  return absl::OkStatus();
}

absl::Status MakeDirectory(const std::string& directory) {
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (error) {
    return absl::PermissionDeniedError(
        absl::StrCat("data directory ", directory, " cannot be made: ", error.message()));
  }
  return absl::OkStatus();
}

}  // namespace

absl::string_view FamilyName(Family family) { return kFamilyNames[static_cast<size_t>(family)]; }

absl::StatusOr<std::unique_ptr<Database>> Database::Open(const Options& options) {
  RETURN_IF_ERROR(options.create_if_missing ? MakeDirectory(options.directory)
                                            : FindDatabase(options.directory));
  RETURN_IF_ERROR(CheckWhole(options));
  RETURN_IF_ERROR(SyncLogs(options));
  FAILPOINT("store.logs_synced");
  ASSIGN_OR_RETURN(LogsScan logs, CutTornLog(options, false));
  const rocksdb::DBOptions db_options = DatabaseOptions(options);
  auto database = OpenWith(options, db_options);
  if (absl::IsDataLoss(database.status())) {
    ASSIGN_OR_RETURN(logs, CutTornLog(options, true));
    database = OpenWith(options, db_options);
  }
  RETURN_IF_ERROR(database.status());
  RETURN_IF_ERROR(CheckLogsReachTables((*database)->db(), logs));
  (*database)->logs_found_ = std::move(logs);
  return database;
}

absl::StatusOr<std::unique_ptr<Database>> Database::OpenWith(const Options& options,
                                                             const rocksdb::DBOptions& db_options) {
  std::unique_ptr<Database> database(new Database);
  database->cache_ = rocksdb::NewLRUCache(kBlockCacheBytes);
  const std::vector<std::string> names = FamilyNamesOf(options, db_options);
  std::vector<rocksdb::ColumnFamilyDescriptor> families;
  families.reserve(names.size());
  for (const std::string& name : names) {
    families.emplace_back(name, FamilyOptions(name, database->cache_));
  }
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* db = nullptr;
  const rocksdb::Status opened =
      rocksdb::DB::Open(db_options, options.directory, families, &handles, &db);
  if (!opened.ok()) return OpenError(opened, options.directory);
  database->db_.reset(db);
  for (size_t i = 0; i < names.size(); ++i) {
    const auto known = std::find(kFamilyNames.begin(), kFamilyNames.end(), names[i]);
    if (known == kFamilyNames.end()) {
      database->foreign_handles_.push_back(handles[i]);
    } else {
      database->handles_[known - kFamilyNames.begin()] = handles[i];
    }
  }
  return database;
}

Database::~Database() {
  if (db_ == nullptr) return;
  for (rocksdb::ColumnFamilyHandle* handle : handles_) db_->DestroyColumnFamilyHandle(handle);
  for (auto* handle : foreign_handles_) db_->DestroyColumnFamilyHandle(handle);
  // What it holds is durable in the class in force already; a failure to close is only told.
  const rocksdb::Status closed = db_->Close();
  if (!closed.ok()) LOG_ERROR("closing the store failed", {{"error", closed.ToString()}});
}

absl::Status Database::Write(rocksdb::WriteBatch& batch, bool sync) {
  rocksdb::WriteOptions options;
  options.sync = sync && !FAILPOINT_LIES("store.no_sync");
  if (sync) {
    // Both are of this thread alone. At this level RocksDB times its file calls.
    rocksdb::SetPerfLevel(rocksdb::PerfLevel::kEnableTimeExceptForMutex);
    rocksdb::get_iostats_context()->Reset();
  }
  return FromRocksDb(db_->Write(options, &batch), "writing the store");
}

absl::Duration Database::LastSyncTime() {
  return absl::Nanoseconds(rocksdb::get_iostats_context()->fsync_nanos);
}

absl::StatusOr<std::string> Database::Get(Family family, absl::string_view key) const {
  std::string value;
  const rocksdb::Status read =
      db_->Get(rocksdb::ReadOptions(), handle(family), ToSlice(key), &value);
  if (read.IsNotFound()) return absl::NotFoundError(absl::StrCat("no such ", FamilyName(family)));
  RETURN_IF_ERROR(FromRocksDb(read, absl::StrCat("reading ", FamilyName(family))));
  return value;
}

Scan::Scan(const Database& database, Family family, absl::string_view from,
           absl::string_view before, Direction direction)
    : family_(family),
      direction_(direction),
      from_(from),
      before_(before),
      lower_(from_),
      upper_(before_) {
  rocksdb::ReadOptions options;
  if (!from_.empty()) options.iterate_lower_bound = &lower_;
  if (!before_.empty()) options.iterate_upper_bound = &upper_;
  iterator_.reset(database.db().NewIterator(options, database.handle(family)));
  direction == Direction::kForward ? iterator_->SeekToFirst() : iterator_->SeekToLast();
}

absl::Status Scan::status() const {
  return FromRocksDb(iterator_->status(), absl::StrCat("reading ", FamilyName(family_)));
}

}  // namespace pavane::store
