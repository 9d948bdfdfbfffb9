#ifndef PAVANE_STORE_ACK_MARK_H_
#define PAVANE_STORE_ACK_MARK_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"

#include "base/ids.h"

namespace pavane::store {

/// The acknowledgement mark: a small file beside the database that says up to which position
/// commits were synced, and so may have been acknowledged, and up to which of RocksDB's numbers the
/// write-ahead log reached with them. A start that finds fewer refuses.
///
/// It closes a hole of every write-ahead log: a damaged last record looks like one that was cut off
/// while being written. The mark itself is never synced; after a power cut it may be behind, which
/// only makes the check weaker, never false. After a crash of the process alone it is exact. Moving
/// it costs a store to a mapped page.
///
/// Writer thread only.
class AckMark {
 public:
  /// Opens or creates `path`.
  static absl::StatusOr<std::unique_ptr<AckMark>> Open(const std::string& path);
  ~AckMark();
  AckMark(const AckMark&) = delete;
  AckMark& operator=(const AckMark&) = delete;

  /// Zero when nothing was marked yet or the file is not a mark.
  Position position() const;
  /// RocksDB's number of the last key of that commit.
  uint64_t number() const;
  void Set(Position position, uint64_t number);

 private:
  explicit AckMark(void* page) : page_(page) {}
  uint64_t Read(const size_t (&copies)[2]) const;
  void Write(const size_t (&copies)[2], uint64_t value);

  void* const page_;
};

}  // namespace pavane::store

#endif  // PAVANE_STORE_ACK_MARK_H_
