// Opening: the format, the store's identity, then what memory holds is read back and checked
// against what should be there.
#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

#include "base/failpoint.h"
#include "base/log.h"
#include "base/random.h"
#include "base/status_macros.h"
#include "base/uuid.h"
#include "store/commit_codec.h"
#include "store/envelope.h"
#include "store/keys.h"
#include "store/log_impl.h"
#include "store/record_codec.h"
#include "store/wire.h"

namespace pavane::store {
namespace {

// 2: ordering keys, scheduled events, start positions. A store of format 1 is one of format 2
// without any, so it is taken as it is and marked; from then on only brokers that know them open
// it.
constexpr uint32_t kFormatVersion = 2;
constexpr absl::string_view kAckMarkFile = "/ACKNOWLEDGED";

absl::StatusOr<uint64_t> ReadNumber(const Database& database, Family family,
                                    absl::string_view key) {
  ASSIGN_OR_RETURN(const std::string value, database.Get(family, key));
  ASSIGN_OR_RETURN(const Opened opened, OpenEnvelope(FamilyName(family), key, value));
  WireReader in(opened.payload);
  const uint64_t number = in.Varint();
  if (!in.done()) return CorruptRecord(FamilyName(family), key, "it is not a number");
  return number;
}

std::string EncodeLogFiles(const std::vector<LogFile>& logs) {
  std::string out;
  WireWriter wire(out);
  wire.Varint(logs.size());
  for (const LogFile& log : logs) {
    wire.Varint(log.number);
    wire.Varint(log.bytes);
  }
  return out;
}

absl::StatusOr<std::vector<LogFile>> DecodeLogFiles(absl::string_view payload) {
  WireReader in(payload);
  std::vector<LogFile> logs;
  for (uint64_t left = in.Varint(); left > 0 && in.ok(); --left) {
    const uint64_t number = in.Varint();
    logs.push_back({number, in.Varint()});
  }
  if (!in.done()) return CorruptRecord("meta", kLogsKey, "it is not a list of logs");
  return logs;
}

}  // namespace

absl::Status Log::Impl::Open() {
  Database::Options database_options;
  database_options.directory = options.directory;
  database_options.env = static_cast<rocksdb::Env*>(options.env);
  database_options.create_if_missing = options.create_if_missing;
  database_options.memtables_bytes_max = options.memtables_bytes_max;
  ASSIGN_OR_RETURN(database, Database::Open(database_options));
  FAILPOINT("store.database_opened");
  upkeep = std::make_unique<Upkeep>();
  blocks = std::make_unique<BlockMerger>(
      options.upkeep,
      [this](event::EventRef ref) {
        const Sequence first = EventRange(ref.bus).first;
        return first && first <= ref.sequence;
      },
      *upkeep);
  runs = std::make_unique<TargetRuns>(options.upkeep, *database, *upkeep);
  bool created = false;
  RETURN_IF_ERROR(CheckFormat(created));
  RETURN_IF_ERROR(LoadLastCommit());
  RETURN_IF_ERROR(LoadCheckpoint());
  RETURN_IF_ERROR(LoadCatalogIds());
  RETURN_IF_ERROR(LoadRuleHistory());
  RETURN_IF_ERROR(LoadRanges());
  RETURN_IF_ERROR(LoadRuns());
  RETURN_IF_ERROR(ReplayTail());
  FAILPOINT("store.tail_replayed");
  RETURN_IF_ERROR(CheckAckMark());
  RETURN_IF_ERROR(CheckLogs());
  FAILPOINT("store.mark_checked");
  return WriteIdentity(created);
}

absl::Status Log::Impl::CheckFormat(bool& created) {
  const absl::StatusOr<std::string> version = database->Get(Family::kMeta, kFormatVersionKey);
  created = absl::IsNotFound(version.status());
  if (created) return absl::OkStatus();
  RETURN_IF_ERROR(version);
  uint32_t number = 0;
  // Plain digits, so that every version can read every other's.
  if (!absl::SimpleAtoi(*version, &number) || number == 0) {
    return absl::DataLossError(
        absl::StrCat("data directory ", options.directory, " has no readable format version"));
  }
  if (number > kFormatVersion) {
    return absl::FailedPreconditionError(
        absl::StrCat("data directory ", options.directory, " has format ", number,
                     "; this broker knows up to ", kFormatVersion, ": start a newer one"));
  }
  return absl::OkStatus();
}

absl::Status Log::Impl::WriteIdentity(bool created) {
  batch.Clear();
  uint64_t last_boot = 0;
  RETURN_IF_ERROR(FromRocksDb(batch.Put(ToSlice(kFormatVersionKey), absl::StrCat(kFormatVersion)),
                              "building a commit"));
  if (created) {
    store_id = Uuid::Random(SystemRandom::Get()).ToString();
    RETURN_IF_ERROR(Put(Family::kMeta, kStoreIdKey, store_id));
  } else {
    ASSIGN_OR_RETURN(const std::string stored, database->Get(Family::kMeta, kStoreIdKey));
    ASSIGN_OR_RETURN(const Opened opened, OpenEnvelope("meta", kStoreIdKey, stored));
    store_id = std::string(opened.payload);
    ASSIGN_OR_RETURN(last_boot, ReadNumber(*database, Family::kMeta, kBootKey));
  }
  boot = BootNumber(static_cast<uint32_t>(last_boot + 1));
  std::string number;
  WireWriter(number).Varint(boot.value());
  RETURN_IF_ERROR(Put(Family::kMeta, kBootKey, number));
  RETURN_IF_ERROR(Put(Family::kMeta, kLogsKey, EncodeLogFiles(database->logs_found().files)));
  // Synced in every class: a boot number must not come twice.
  RETURN_IF_ERROR(Annotate(database->Write(batch, true), "raising the boot number"));
  FAILPOINT("store.boot_raised");
  return absl::OkStatus();
}

absl::Status Log::Impl::LoadLastCommit() {
  Scan last(*database, Family::kCommit, "", "", Scan::Direction::kBackward);
  if (!last.Valid()) return last.status();
  ASSIGN_OR_RETURN(const CommitTimes times, DecodeCommitTimes("commit", last.key(), last.value()));
  const Position newest(ReadKey64(last.key(), 0));
  Scan first(*database, Family::kCommit, "", "");
  RETURN_IF_ERROR(first.status());
  MutexLock lock(mu);
  last_position = newest;
  last_time_us = times.time_us;
  catalog_version = times.catalog_version;
  oldest_position = first.Valid() ? Position(ReadKey64(first.key(), 0)) : newest;
  return absl::OkStatus();
}

absl::Status Log::Impl::LoadCheckpoint() {
  const Key key = CheckpointKey();
  const absl::StatusOr<std::string> stored = database->Get(Family::kCheckpoint, key.view());
  if (absl::IsNotFound(stored.status())) return absl::OkStatus();
  RETURN_IF_ERROR(stored);
  ASSIGN_OR_RETURN(const Opened opened, OpenEnvelope("checkpoint", key.view(), *stored));
  CheckpointMark mark;
  if (!ParseCheckpointMark(opened.payload, mark)) {
    return CorruptRecord("checkpoint", key.view(), "it does not decode");
  }
  checkpoint_position = mark.position;
  Scan scan(*database, Family::kCheckpoint, "d", "e");
  for (; scan.Valid(); scan.Next()) {
    ASSIGN_OR_RETURN(const Opened count, OpenEnvelope("checkpoint", scan.key(), scan.value()));
    WireReader in(count.payload);
    const uint64_t number = in.Varint();
    if (!in.done()) return CorruptRecord("checkpoint", scan.key(), "it is not a number");
    const TargetId target(ReadKey64(scan.key(), 1));
    checkpoint_letters[target] = number;
    ASSIGN_OR_RETURN(std::string bus, BusOfLetters(target));
    MutexLock lock(mu);
    letters[target] = {std::move(bus), number};
  }
  return scan.status();
}

// The name on the target's first letter; empty when the letters are gone, as the commits after the
// checkpoint will say.
absl::StatusOr<std::string> Log::Impl::BusOfLetters(TargetId target) const {
  Scan scan(*database, Family::kDeadLetter, DeadLetterRecordKey(target, 0).view(),
            DeadLetterRecordKey(target.Next(), 0).view());
  if (!scan.Valid()) {
    RETURN_IF_ERROR(scan.status());
    return "";
  }
  ASSIGN_OR_RETURN(const Opened opened, OpenEnvelope("dead_letter", scan.key(), scan.value()));
  DeadLetterRecord letter;
  if (!ParseDeadLetter(opened.payload, letter)) {
    return CorruptRecord("dead_letter", scan.key(), "it does not decode");
  }
  return letter.bus;
}

absl::Status Log::Impl::LoadCatalogIds() {
  const Key key = CatalogKey(CatalogChange::Kind::kNextIds, 0);
  const absl::StatusOr<std::string> stored = database->Get(Family::kCatalog, key.view());
  if (absl::IsNotFound(stored.status())) return absl::OkStatus();
  RETURN_IF_ERROR(stored);
  ASSIGN_OR_RETURN(const Opened opened, OpenEnvelope("catalog", key.view(), *stored));
  return RaiseNextIds({CatalogChange::Kind::kNextIds, 0, false, std::string(opened.payload)},
                      next_ids);
}

absl::Status Log::Impl::LoadRanges() {
  // From bus to bus: the first block of each, then the last.
  BusId next;
  while (true) {
    Scan scan(*database, Family::kBlock, BlockKey(next, Sequence()).view(), "");
    if (!scan.Valid()) {
      RETURN_IF_ERROR(scan.status());
      break;
    }
    ASSIGN_OR_RETURN(const BlockHashes first, DecodeBlockHashes("block", scan.key(), scan.value()));
    const BusId bus(ReadKey64(scan.key(), 0));
    next = bus.Next();
    Scan last(*database, Family::kBlock, BlockKey(bus, Sequence()).view(),
              BlockKey(next, Sequence()).view(), Scan::Direction::kBackward);
    RETURN_IF_ERROR(last.status());
    MutexLock lock(mu);
    Range& range = ranges[bus];
    range.first = first.first;
    range.last = Sequence(ReadKey64(last.key(), 8));
  }
  // Buses whose events were all dropped.
  Scan given(*database, Family::kMeta, absl::string_view("b\0", 2), absl::string_view("b\1", 2));
  for (; given.Valid(); given.Next()) {
    ASSIGN_OR_RETURN(const Opened opened, OpenEnvelope("meta", given.key(), given.value()));
    WireReader in(opened.payload);
    const Sequence sequence(in.Varint());
    if (!in.done()) return CorruptRecord("meta", given.key(), "it is not a number");
    MutexLock lock(mu);
    Range& range = ranges[BusId(ReadKey64(given.key(), 2))];
    range.last = std::max(range.last, sequence);
  }
  return given.status();
}

absl::Status Log::Impl::LoadRuns() {
  std::vector<TargetEntry> entries;
  Scan scan(*database, Family::kRun, "", "");
  for (; scan.Valid(); scan.Next()) {
    entries.clear();
    RETURN_IF_ERROR(DecodeRun(scan.key(), scan.value(), entries));
    runs->Add(TargetId(ReadKey64(scan.key(), 0)), Sequence(ReadKey64(scan.key(), 8)),
              entries.size());
  }
  return scan.status();
}

absl::Status Log::Impl::CheckEventsOf(const CommitRecord& commit) const {
  for (const AppendedEvent& appended : commit.events) {
    const event::EventRef& ref = appended.event->ref;
    const auto range = ranges.find(ref.bus);
    if (range != ranges.end() && ref.sequence <= range->second.last) continue;
    return absl::DataLossError(absl::StrCat(
        "data directory ", options.directory, ": event ", ref.sequence.value(), " of bus ",
        ref.bus.value(), " is missing, commit ", commit.position.value(), " has it"));
  }
  return absl::OkStatus();
}

absl::Status Log::Impl::ReplayTail() {
  Position next = checkpoint_position.Next();
  RETURN_IF_ERROR(ReplayCommits(checkpoint_position, Position(), [&](const CommitRecord& commit) {
    if (commit.position != next) {
      return absl::DataLossError(absl::StrCat("data directory ", options.directory, ": commits ",
                                              next.value(), " to ", commit.position.value() - 1,
                                              " are missing"));
    }
    ++next;
    MutexLock lock(mu);
    RETURN_IF_ERROR(CheckEventsOf(commit));
    tails.Add(commit);
    CountLetters(commit);
    return absl::OkStatus();
  }));
  MutexLock lock(mu);
  if (next != last_position.Next()) {
    return absl::DataLossError(
        absl::StrCat("data directory ", options.directory, ": the checkpoint is of commit ",
                     checkpoint_position.value(), ", the last commit is ", last_position.value()));
  }
  return absl::OkStatus();
}

// RocksDB's manifest has the lengths of logs that the same process closed, not of those that a
// start finds and goes on with.
absl::Status Log::Impl::CheckLogs() {
  const absl::StatusOr<std::string> stored = database->Get(Family::kMeta, kLogsKey);
  if (absl::IsNotFound(stored.status())) return absl::OkStatus();  // the first start
  RETURN_IF_ERROR(stored.status());
  ASSIGN_OR_RETURN(const Opened opened, OpenEnvelope("meta", kLogsKey, *stored));
  ASSIGN_OR_RETURN(const std::vector<LogFile> before, DecodeLogFiles(opened.payload));
  for (const LogFile& log : before) {
    const std::string path =
        absl::StrCat(options.directory, "/", absl::Dec(log.number, absl::kZeroPad6), ".log");
    std::error_code error;
    const uint64_t bytes = std::filesystem::file_size(path, error);
    if (error || bytes >= log.bytes) continue;  // not needed any more, or whole
    return absl::DataLossError(absl::StrCat("the write-ahead log ", path,
                                            " has lost its end: it had ", log.bytes,
                                            " bytes at the last start and has ", bytes));
  }
  return absl::OkStatus();
}

absl::Status Log::Impl::CheckAckMark() {
  const std::string path = absl::StrCat(options.directory, kAckMarkFile);
  ASSIGN_OR_RETURN(ack_mark, AckMark::Open(path));
  MutexLock lock(mu);
  // With a commit of other families already in tables its own record may be there, and the rest
  // not.
  const uint64_t logs_end = database->logs_found().next_number;
  const uint64_t end = logs_end == 0 ? database->last_number() + 1 : logs_end;
  if (ack_mark->number() >= end) {
    return absl::DataLossError(
        absl::StrCat("data directory ", options.directory, ": the write-ahead log reached number ",
                     ack_mark->number(), " and ends before ", end,
                     ": its end is damaged. Restore a backup, or remove ", path,
                     " to go on without what was acknowledged and is lost"));
  }
  if (ack_mark->position() <= last_position) return absl::OkStatus();
  return absl::DataLossError(
      absl::StrCat("data directory ", options.directory, ": commits up to ",
                   ack_mark->position().value(), " were acknowledged, only ", last_position.value(),
                   " can be read: the end of the write-ahead log is damaged. Restore a backup, or "
                   "remove ",
                   path, " to go on without the lost commits"));
}

}  // namespace pavane::store
