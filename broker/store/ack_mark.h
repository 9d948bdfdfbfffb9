#ifndef PAVANE_STORE_ACK_MARK_H_
#define PAVANE_STORE_ACK_MARK_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"

#include "base/ids.h"

namespace pavane::store {

/// The acknowledgement mark: a small file beside the database that says up to which position
/// commits were synced, and so may have been acknowledged. A start that finds fewer commits
/// refuses.
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
  void Set(Position position);

 private:
  explicit AckMark(void* page) : page_(page) {}

  void* const page_;
};

}  // namespace pavane::store

#endif  // PAVANE_STORE_ACK_MARK_H_
