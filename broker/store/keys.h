// Keys of the column families: numbers big-endian, so that bytes sort as numbers do.
#ifndef PAVANE_STORE_KEYS_H_
#define PAVANE_STORE_KEYS_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"

#include "base/ids.h"
#include "store/commit_record.h"

namespace pavane::store {

/// A key made of up to four numbers, on the stack.
class Key {
 public:
  Key() = default;
  Key& Add8(uint8_t value) {
    bytes_[size_++] = static_cast<char>(value);
    return *this;
  }
  Key& Add64(uint64_t value) {
    for (int shift = 56; shift >= 0; shift -= 8)
      bytes_[size_++] = static_cast<char>(value >> shift);
    return *this;
  }
  /// Sorts negative numbers first.
  Key& AddSigned(int64_t value) { return Add64(static_cast<uint64_t>(value) ^ (1ull << 63)); }

  absl::string_view view() const { return {bytes_, size_}; }

 private:
  char bytes_[32];
  size_t size_ = 0;
};

inline uint64_t ReadKey64(absl::string_view key, size_t at) {
  uint64_t value = 0;
  for (size_t i = 0; i < 8 && at + i < key.size(); ++i) {
    value = value << 8 | static_cast<uint8_t>(key[at + i]);
  }
  return value;
}

/// commit: position.
inline Key CommitKey(Position position) { return Key().Add64(position.value()); }
/// block, payload: bus, last sequence. By the last one, so that a forward seek to (bus, s) finds
/// the block that holds s.
inline Key BlockKey(BusId bus, Sequence last) {
  return Key().Add64(bus.value()).Add64(last.value());
}
/// run: target, last sequence; the last one for the same reason.
inline Key RunKey(TargetId target, Sequence last) {
  return Key().Add64(target.value()).Add64(last.value());
}
/// exception: target, due time, bus, sequence.
inline Key ExceptionRecordKey(TargetId target, int64_t due_us, event::EventRef event) {
  return Key()
      .Add64(target.value())
      .AddSigned(due_us)
      .Add64(event.bus.value())
      .Add64(event.sequence.value());
}
/// dead_letter: target, id.
inline Key DeadLetterRecordKey(TargetId target, uint64_t id) {
  return Key().Add64(target.value()).Add64(id);
}
/// dead_letter_event: bus, sequence, target, id: which letters an event is needed by.
inline Key DeadLetterEventKey(event::EventRef event, TargetId target, uint64_t id) {
  return Key()
      .Add64(event.bus.value())
      .Add64(event.sequence.value())
      .Add64(target.value())
      .Add64(id);
}
/// dedup: bus, last sequence of the segment: its head; then the number of a chunk: the chunk. So a
/// head lies before its chunks.
inline Key DedupHeadKey(BusId bus, Sequence last) {
  return Key().Add64(bus.value()).Add64(last.value());
}
inline Key DedupChunkKey(BusId bus, Sequence last, uint64_t chunk) {
  return Key().Add64(bus.value()).Add64(last.value()).Add64(chunk);
}
inline constexpr size_t kDedupHeadKeyBytes = 16;
/// scheduled: due time, id.
inline Key ScheduledKey(int64_t due_us, uint64_t id) { return Key().AddSigned(due_us).Add64(id); }
/// catalog: kind, id.
inline Key CatalogKey(CatalogChange::Kind kind, uint64_t id) {
  return Key().Add8(static_cast<uint8_t>(kind)).Add64(id);
}
/// checkpoint: 'p'; 's', target; 'd', target.
inline Key CheckpointKey() { return Key().Add8('p'); }
inline Key TargetStateKey(TargetId target) { return Key().Add8('s').Add64(target.value()); }
inline Key DeadLetterCountKey(TargetId target) { return Key().Add8('d').Add64(target.value()); }
/// meta (the default column family): words; 'b', bus for the newest sequence given on a bus.
inline constexpr absl::string_view kFormatVersionKey = "format_version";
inline constexpr absl::string_view kStoreIdKey = "store_id";
inline constexpr absl::string_view kBootKey = "boot";
/// The write-ahead logs that the last start found.
inline constexpr absl::string_view kLogsKey = "logs";
/// Up to which catalog version what rules were is kept, and from which on.
inline constexpr absl::string_view kRuleHistoryKey = "rule_history";
/// 'r', bus, hash of the rule's name, version that ended it: what a rule was before.
inline Key RuleBeforeKey(BusId bus, uint64_t name_hash, CatalogVersion until) {
  return Key().Add8('r').Add8(0).Add64(bus.value()).Add64(name_hash).Add64(until.value());
}
/// 'R', bus, version, hash: the same by age, to forget it.
inline Key RuleBeforeIndexKey(BusId bus, CatalogVersion until, uint64_t name_hash) {
  return Key().Add8('R').Add8(0).Add64(bus.value()).Add64(until.value()).Add64(name_hash);
}
/// 'f', target: what of the past is to be filled in.
inline Key FillKey(TargetId target) { return Key().Add8('f').Add8(0).Add64(target.value()); }
inline Key BusSequenceKey(BusId bus) { return Key().Add8('b').Add8(0).Add64(bus.value()); }

}  // namespace pavane::store

#endif  // PAVANE_STORE_KEYS_H_
