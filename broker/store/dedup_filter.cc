#include "store/dedup_filter.h"

#include <algorithm>

#include "base/check.h"

namespace pavane::store {

// Goes over a filter's entries in order, as prefix << 4 | segment.
class DedupFilter::Reader {
 public:
  explicit Reader(const DedupFilter& filter) : filter_(filter) { SkipEmpty(); }
  bool Done() const { return at_ == filter_.entries_.size(); }
  uint64_t Get() const { return filter_.EntryWithPrefix(bucket_, filter_.entries_[at_]); }
  void Next() {
    ++at_;
    SkipEmpty();
  }

 private:
  void SkipEmpty() {
    while (!Done() && filter_.starts_[bucket_ + 1] <= at_) ++bucket_;
  }

  const DedupFilter& filter_;
  size_t bucket_ = 0;
  size_t at_ = 0;
};

DedupFilter::DedupFilter(size_t segments, size_t count)
    : segments_(segments), bucket_bits_(kBucketBitsMin) {
  while (bucket_bits_ < kBucketBitsMax && count >> bucket_bits_ > kEntriesPerBucket) ++bucket_bits_;
  starts_.resize((size_t{1} << bucket_bits_) + 1);
  entries_.resize(count);
}

template <typename Next>
void DedupFilter::Fill(size_t count, Next next) {
  size_t bucket = 0;
  for (size_t i = 0; i < count; ++i) {
    const uint64_t entry = next();
    const size_t its_bucket = entry >> (kPrefixBits + kSegmentBits - bucket_bits_);
    while (bucket < its_bucket) starts_[++bucket] = static_cast<uint32_t>(i);
    entries_[i] = static_cast<uint32_t>(entry);
  }
  while (bucket + 1 < starts_.size()) starts_[++bucket] = static_cast<uint32_t>(count);
}

std::shared_ptr<const DedupFilter> DedupFilter::Make(const std::vector<uint64_t>& prefixes) {
  std::shared_ptr<DedupFilter> filter(new DedupFilter(1, prefixes.size()));
  auto at = prefixes.begin();
  filter->Fill(prefixes.size(), [&at] { return *at++ << kSegmentBits; });
  return filter;
}

std::shared_ptr<const DedupFilter> DedupFilter::Merge(const DedupFilter& older,
                                                      const DedupFilter& newer) {
  const size_t segments = older.segments_ + newer.segments_;
  CHECK_LE(segments, kSegmentsMax) << "their numbers have four bits";
  const size_t count = older.entries_.size() + newer.entries_.size();
  std::shared_ptr<DedupFilter> filter(new DedupFilter(segments, count));
  Reader a(older);
  Reader b(newer);
  filter->Fill(count, [&] {
    const bool from_a =
        b.Done() || (!a.Done() && a.Get() >> kSegmentBits <= b.Get() >> kSegmentBits);
    const uint64_t entry = from_a ? a.Get() : b.Get() + older.segments_;
    from_a ? a.Next() : b.Next();
    return entry;
  });
  return filter;
}

}  // namespace pavane::store
