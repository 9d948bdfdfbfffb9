#ifndef PAVANE_STORE_DEDUP_SEGMENT_H_
#define PAVANE_STORE_DEDUP_SEGMENT_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

#include "base/ids.h"
#include "event/hash128.h"
#include "store/dedup_table.h"

namespace pavane::store {

/// A segment is an immutable part of a bus' de-duplication window on disk: the identities of some
/// 65,536 consecutive events, sorted by hash. Its head says what memory keeps of it; its chunks
/// hold the identities, each chunk those whose hashes begin with the same bits, so that one look-up
/// reads one chunk of about 6 KB.
struct DedupSegment {
  Sequence first;  // of its entries, the lowest
  Sequence last;   // the highest; its key
  uint64_t count = 0;
  int64_t first_accepted_us = 0;
  int64_t last_accepted_us = 0;
  int chunk_bits = 0;  // a chunk's number is so many first bits of a hash

  uint64_t chunks() const { return uint64_t{1} << chunk_bits; }
  uint64_t ChunkOf(const event::Hash128& hash) const {
    return chunk_bits == 0 ? 0 : hash.high >> (64 - chunk_bits);
  }
};

/// A segment with the sorted prefixes of its hashes (DedupFilter::Prefix).
struct DedupSegmentHead {
  DedupSegment segment;
  std::vector<uint64_t> prefixes;
};

/// What a segment is stored as: the chunks, then the head, which alone makes them count.
struct EncodedDedupSegment {
  struct Record {
    std::string key;
    std::string value;
  };
  DedupSegmentHead head;
  std::vector<Record> records;
};

/// Entries of one bus in any order, at least one.
EncodedDedupSegment EncodeDedupSegment(BusId bus, std::vector<DedupEntry> entries);

absl::StatusOr<DedupSegmentHead> DecodeDedupHead(absl::string_view key, absl::string_view value);

/// The newest entry of that hash in a chunk.
absl::StatusOr<std::optional<DedupEntry>> FindInDedupChunk(const DedupSegment& segment,
                                                           absl::string_view key,
                                                           absl::string_view value,
                                                           const event::Hash128& hash);
/// All of a chunk's entries, appended.
absl::Status DecodeDedupChunk(const DedupSegment& segment, absl::string_view key,
                              absl::string_view value, std::vector<DedupEntry>& entries);

}  // namespace pavane::store

#endif  // PAVANE_STORE_DEDUP_SEGMENT_H_
