#ifndef PAVANE_STORE_DATABASE_H_
#define PAVANE_STORE_DATABASE_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "rocksdb/cache.h"
#include "rocksdb/db.h"
#include "rocksdb/write_batch.h"

#include "store/rocksdb_status.h"
#include "store/wal_tail.h"

namespace pavane::store {

/// The column families, in the order of their handles. Names: FamilyName.
enum class Family : uint8_t {
  kMeta,  // RocksDB's default family
  kCommit,
  kBlock,
  kPayload,
  kRun,
  kException,
  kDeadLetter,
  kDeadLetterEvent,
  kCatalog,
  kCheckpoint,
  kDedup,
  kScheduledEvent,
};
inline constexpr size_t kFamilies = 12;
absl::string_view FamilyName(Family family);

/// The RocksDB database below the log: opening, options, reads and writes with our errors. Any
/// thread may read; one thread writes.
class Database {
 public:
  struct Options {
    std::string directory;
    rocksdb::Env* env = nullptr;
    bool create_if_missing = true;
    /// Tests: small memtables. 0: as shipped.
    uint64_t memtables_bytes_max = 0;
  };
  static absl::StatusOr<std::unique_ptr<Database>> Open(const Options& options);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  /// Atomic. With `sync` it returns after the write-ahead log is on disk.
  absl::Status Write(rocksdb::WriteBatch& batch, bool sync);
  /// RocksDB's number of the last key written.
  uint64_t last_number() const { return db_->GetLatestSequenceNumber(); }
  /// The write-ahead logs at the opening.
  const LogsScan& logs_found() const { return logs_found_; }
  /// How long the sync of this thread's last Write took.
  static absl::Duration LastSyncTime();
  /// NotFound when there is none; the value is as stored, envelope and all.
  absl::StatusOr<std::string> Get(Family family, absl::string_view key) const;

  rocksdb::ColumnFamilyHandle* handle(Family family) const {
    return handles_[static_cast<size_t>(family)];
  }
  rocksdb::DB& db() const { return *db_; }

 private:
  Database() = default;
  static absl::StatusOr<std::unique_ptr<Database>> OpenWith(const Options& options,
                                                            const rocksdb::DBOptions& db_options);

  std::shared_ptr<rocksdb::Cache> cache_;
  std::unique_ptr<rocksdb::DB> db_;
  std::array<rocksdb::ColumnFamilyHandle*, kFamilies> handles_ = {};
  std::vector<rocksdb::ColumnFamilyHandle*> foreign_handles_;  // of a newer format
  LogsScan logs_found_;
};

/// Goes over the records of a family in [from, before), forwards or backwards. Sees the database as
/// of its making. The bound matters for speed as well: without it a scan at the end of its range
/// would walk through the tombstones behind.
class Scan {
 public:
  enum class Direction { kForward, kBackward };

  /// `before` empty: to the end of the family.
  Scan(const Database& database, Family family, absl::string_view from, absl::string_view before,
       Direction direction = Direction::kForward);
  Scan(const Scan&) = delete;
  Scan& operator=(const Scan&) = delete;

  bool Valid() const { return iterator_->Valid(); }
  void Next() { direction_ == Direction::kForward ? iterator_->Next() : iterator_->Prev(); }
  /// On; forwards only.
  void SeekTo(absl::string_view key) { iterator_->Seek(ToSlice(key)); }
  absl::string_view key() const { return FromSlice(iterator_->key()); }
  absl::string_view value() const { return FromSlice(iterator_->value()); }
  /// Why it is not valid: OK at the end of the range.
  absl::Status status() const;

 private:
  const Family family_;
  const Direction direction_;
  const std::string from_;  // the bounds point to these
  const std::string before_;
  rocksdb::Slice lower_;
  rocksdb::Slice upper_;
  std::unique_ptr<rocksdb::Iterator> iterator_;
};

}  // namespace pavane::store

#endif  // PAVANE_STORE_DATABASE_H_
