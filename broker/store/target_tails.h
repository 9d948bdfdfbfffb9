#ifndef PAVANE_STORE_TARGET_TAILS_H_
#define PAVANE_STORE_TARGET_TAILS_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"

#include "base/ids.h"
#include "store/commit_record.h"
#include "store/target_state.h"

namespace pavane::store {

/// Per target the entries that no run on disk holds yet: dispatched since the last checkpoint. In
/// memory only, rebuilt from the commit records at start. What is settled before its checkpoint is
/// never written anywhere but in its commit record.
///
/// Not thread-safe: guarded by the log's mutex.
class TargetTails {
 public:
  void Add(const CommitRecord& commit);

  /// Entries after `after`, at most `max`.
  std::vector<TargetEntry> Read(TargetId target, Sequence after, size_t max) const;

  /// The entries dispatched at or before `position`. They stay in place until DropThrough, so that
  /// readers miss none while they are being written.
  struct Entries {
    TargetId target;
    std::vector<TargetEntry> entries;
  };
  std::vector<Entries> EntriesThrough(Position position) const;
  void DropThrough(Position position);
  void Forget(TargetId target);

  /// Entries of all targets.
  size_t size() const { return size_; }

 private:
  struct Tail {
    BusId bus;
    std::deque<Sequence> entries;
    std::deque<uint64_t> key_hashes;  // one for each entry, or none where no entry has a key
  };
  static std::vector<TargetEntry> Copy(const Tail& tail, size_t from, size_t count);
  struct Mark {
    Position position;
    Sequence last;
  };
  size_t CountThrough(const Tail& tail, Position position) const;

  absl::flat_hash_map<TargetId, Tail> tails_;
  // Where the commits since the checkpoint end on each bus: turns a position into a sequence.
  absl::flat_hash_map<BusId, std::deque<Mark>> marks_;
  size_t size_ = 0;
};

}  // namespace pavane::store

#endif  // PAVANE_STORE_TARGET_TAILS_H_
