#ifndef PAVANE_RULES_AFFIX_VIEW_H_
#define PAVANE_RULES_AFFIX_VIEW_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "rules/compiled_test.h"
#include "rules/event_values.h"

namespace pavane::rules {

/// `word` with ASCII capitals made small, eight bytes at once.
inline uint64_t FoldWord(uint64_t word) {
  constexpr uint64_t kEach = 0x0101010101010101;
  const uint64_t low = word & 0x7f * kEach;
  const uint64_t above_z = low + (0x7f - 'Z') * kEach;
  const uint64_t from_a = low + (0x80 - 'A') * kEach;
  const uint64_t capital = (from_a ^ above_z) & ~word & 0x80 * kEach;
  return word | capital >> 2;
}

/// Mask of the first `size` bytes of a word, up to all eight.
inline uint64_t HeadMask(uint32_t size) { return EventValues::HeadMask(size); }

/// Mask of the last `size` bytes of a word, up to all eight.
inline uint64_t TailMask(uint32_t size) { return ~HeadMask(size >= 8 ? 0 : 8 - size); }

/// A string value, seen so that an affix can be looked for without a branch.
class AffixView {
 public:
  explicit AffixView(const EventValue& value)
      : size_(value.size),
        tail_(value.tail()),
        begin_(value.size >= 8 ? value.data : reinterpret_cast<const char*>(&value.head)),
        end_(value.size >= 8 ? value.data + value.size
                             : reinterpret_cast<const char*>(&tail_ + 1)) {}
  AffixView(const AffixView&) = delete;
  AffixView& operator=(const AffixView&) = delete;

  /// Whether a first look lets the value begin with `affix`. If that has at most eight bytes it is
  /// the answer.
  bool MayBeginWith(const CompiledTest::Affix& affix) const {
    const bool fits = affix.size <= size_;
    return fits & ((Head(affix, fits) & HeadMask(affix.size)) == affix.key);
  }
  bool MayBeginWithFolded(const CompiledTest::Affix& affix) const {
    const bool fits = affix.size <= size_;
    return fits & ((FoldWord(Head(affix, fits)) & HeadMask(affix.size)) == affix.key);
  }
  /// The same for its end.
  bool MayEndWith(const CompiledTest::Affix& affix) const {
    const bool fits = affix.size <= size_;
    return fits & ((Tail(affix, fits) & TailMask(affix.size)) == affix.key);
  }
  bool MayEndWithFolded(const CompiledTest::Affix& affix) const {
    const bool fits = affix.size <= size_;
    return fits & ((FoldWord(Tail(affix, fits)) & TailMask(affix.size)) == affix.key);
  }

 private:
  static uint64_t Load(const char* at) {
    uint64_t word;
    std::memcpy(&word, at, 8);
    return word;
  }
  // The eight bytes that end a longer prefix, or the first ones.
  uint64_t Head(const CompiledTest::Affix& affix, bool fits) const {
    const size_t offset = std::max(affix.size, 8u) - 8;
    return Load(begin_ + (fits ? offset : 0));
  }
  // The eight bytes that begin a longer suffix, or the last ones.
  uint64_t Tail(const CompiledTest::Affix& affix, bool fits) const {
    const size_t offset = std::max(affix.size, 8u);
    return Load(end_ - (fits ? offset : 8));
  }

  const uint32_t size_;
  const uint64_t tail_;
  const char* const begin_;  // eight bytes from here can be read
  const char* const end_;    // and eight bytes up to here
};

}  // namespace pavane::rules

#endif  // PAVANE_RULES_AFFIX_VIEW_H_
