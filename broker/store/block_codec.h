#ifndef PAVANE_STORE_BLOCK_CODEC_H_
#define PAVANE_STORE_BLOCK_CODEC_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"

#include "base/ids.h"
#include "event/hash128.h"
#include "event/stored_event.h"

namespace pavane::store {

/// The head of a block: what is known of its events beside their bytes, as columns. Kept apart from
/// the bytes (column family `payload`), so that look-up by id or flow, and rebuilding the dedup
/// windows at start, read some 50 bytes an event and decompress nothing.
struct BlockHead {
  struct Column {
    int64_t accepted_us = 0;
    event::Hash128 dedup_hash;
    event::Hash128 id_hash;
    event::Hash128 correlation_hash;
    CatalogVersion catalog_version;
    uint32_t matched_rules = 0;
    uint32_t hops = 0;
    std::optional<event::EventRef> cause;
    uint64_t end = 0;  // of its bytes within the payload
  };
  BusId bus;
  Sequence first;
  std::vector<Column> events;

  Sequence last() const { return first + (events.size() - 1); }
};

/// Appends the head of consecutive events of one bus to `out`.
void AppendBlockHead(absl::Span<const event::StoredEventPtr> events, std::string& out);
absl::StatusOr<BlockHead> DecodeBlockHead(absl::string_view family, absl::string_view key,
                                          absl::string_view value);

/// Positions only, for a scan that mostly finds nothing: the hashes lie as they are in a head.
struct BlockHashes {
  Sequence first;
  size_t count = 0;
  int64_t accepted_first_us = 0;
  absl::string_view id;           // count * 16 bytes
  absl::string_view correlation;  // count * 16 bytes
};
absl::StatusOr<BlockHashes> DecodeBlockHashes(absl::string_view family, absl::string_view key,
                                              absl::string_view value);

/// Payloads below are not compressed: LZ4 finds little to share in them.
inline constexpr size_t kCompressFromBytes = 2048;

/// Appends the events' bytes, compressed if they are large and it pays; returns the value's flags.
/// `try_compression` false: as they are.
uint8_t AppendPayload(absl::Span<const event::StoredEventPtr> events, bool try_compression,
                      std::string& scratch, std::string& out);
absl::StatusOr<std::string> DecodePayload(absl::string_view family, absl::string_view key,
                                          absl::string_view value);

/// A block read back: makes its events on demand.
struct Block {
  BlockHead head;
  std::string payload;

  size_t bytes() const { return payload.size() + head.events.size() * sizeof(BlockHead::Column); }
  event::StoredEventPtr Event(size_t index) const;
};

}  // namespace pavane::store

#endif  // PAVANE_STORE_BLOCK_CODEC_H_
