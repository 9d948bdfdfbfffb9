#ifndef PAVANE_STORE_DEDUP_FILTER_H_
#define PAVANE_STORE_DEDUP_FILTER_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "event/hash128.h"

namespace pavane::store {

/// Says which of up to 16 consecutive segments may hold an identity, from 4.3 bytes of memory an
/// identity. It is wrong once in some hundred thousand times, so only a repeated identity costs a
/// read.
///
/// 28 bits of the hash and the segment's place, sorted, with an index by the first bits: unlike a
/// Bloom filter it says which segment, and two of them are merged without reading anything back.
/// Immutable, any thread.
class DedupFilter {
 public:
  static constexpr size_t kSegmentsMax = 16;
  static constexpr int kPrefixBits = 40;

  /// What the filter knows of a hash: its first 40 bits.
  static uint64_t Prefix(const event::Hash128& hash) { return hash.high >> (64 - kPrefixBits); }

  /// Of one segment: the sorted prefixes of its hashes.
  static std::shared_ptr<const DedupFilter> Make(const std::vector<uint64_t>& prefixes);
  /// Of the segments of `older`, then those of `newer`: together at most kSegmentsMax.
  static std::shared_ptr<const DedupFilter> Merge(const DedupFilter& older,
                                                  const DedupFilter& newer);

  /// Bit i is set when the i-th segment may hold a hash of that prefix.
  uint32_t Find(uint64_t prefix) const {
    const uint64_t bucket = prefix >> (kPrefixBits - bucket_bits_);
    const auto wanted = static_cast<uint32_t>(prefix << kSegmentBits);
    uint32_t found = 0;
    for (uint32_t i = starts_[bucket]; i < starts_[bucket + 1]; ++i) {
      if ((entries_[i] ^ wanted) < kSegmentsMax) found |= 1u << (entries_[i] & kSegmentMask);
    }
    return found;
  }
  void Prefetch(uint64_t prefix) const {
    __builtin_prefetch(entries_.data() + starts_[prefix >> (kPrefixBits - bucket_bits_)]);
  }

  size_t segments() const { return segments_; }
  size_t bytes() const { return (entries_.size() + starts_.size()) * sizeof(uint32_t); }

 private:
  static constexpr int kSegmentBits = 4;
  static constexpr uint32_t kSegmentMask = kSegmentsMax - 1;
  // An entry's bits of the prefix are its last 28; the first 12 are in the bucket's number.
  static constexpr int kBucketBitsMin = 12;
  static constexpr int kBucketBitsMax = 20;
  static constexpr size_t kEntriesPerBucket = 16;

  DedupFilter(size_t segments, size_t count);
  // `sorted` gives prefix << 4 | segment, in order.
  template <typename Next>
  void Fill(size_t count, Next next);
  uint64_t EntryWithPrefix(size_t bucket, uint32_t entry) const {
    const uint64_t first = bucket >> (bucket_bits_ - kBucketBitsMin);
    return first << 32 | entry;
  }

  class Reader;

  size_t segments_;
  int bucket_bits_;
  std::vector<uint32_t> starts_;  // of each bucket in entries_, and the end
  std::vector<uint32_t> entries_;
};

}  // namespace pavane::store

#endif  // PAVANE_STORE_DEDUP_FILTER_H_
