// head  := first varint, count varint, first accepted signed, last accepted varint (difference),
//          chunk bits u8, [prefix difference varint]*      count of them, ascending
// chunk := count varint, [hash]*                           ascending by (high, low, sequence)
//          [sequence - first varint]* [accepted - first accepted varint]* [matched rules varint]*
#include "store/dedup_segment.h"

#include <algorithm>
#include <cstring>
#include <tuple>
#include <utility>

#include "absl/types/span.h"

#include "base/check.h"
#include "base/status_macros.h"
#include "store/database.h"
#include "store/dedup_filter.h"
#include "store/envelope.h"
#include "store/keys.h"
#include "store/wire.h"

namespace pavane::store {
namespace {

constexpr size_t kEntriesPerChunk = 256;
constexpr int kChunkBitsMax = 16;
constexpr size_t kHashBytes = 16;

int ChunkBits(size_t count) {
  int bits = 0;
  while (bits < kChunkBitsMax && count >> bits > kEntriesPerChunk) ++bits;
  return bits;
}

void AppendChunk(const DedupSegment& segment, absl::Span<const DedupEntry> entries,
                 std::string& out) {
  WireWriter wire(out);
  wire.Varint(entries.size());
  for (const DedupEntry& entry : entries) wire.Hash(entry.hash);
  for (const DedupEntry& entry : entries) wire.Varint(entry.sequence - segment.first);
  for (const DedupEntry& entry : entries) {
    wire.Varint(static_cast<uint64_t>(entry.accepted_us - segment.first_accepted_us));
  }
  for (const DedupEntry& entry : entries) wire.Varint(entry.matched_rules);
}

void AppendHead(const DedupSegmentHead& head, std::string& out) {
  const DedupSegment& segment = head.segment;
  WireWriter wire(out);
  wire.Varint(segment.first.value());
  wire.Varint(segment.count);
  wire.Signed(segment.first_accepted_us);
  wire.Varint(static_cast<uint64_t>(segment.last_accepted_us - segment.first_accepted_us));
  wire.Byte(static_cast<uint8_t>(segment.chunk_bits));
  uint64_t previous = 0;
  for (const uint64_t prefix : head.prefixes) {
    wire.Varint(prefix - previous);
    previous = prefix;
  }
}

// A chunk's columns: `hashes` points into the value, the reader stands behind it.
struct Columns {
  size_t count = 0;
  absl::string_view hashes;
};
Columns ReadHashes(WireReader& in) {
  Columns columns;
  columns.count = in.Count(kHashBytes + 3);
  columns.hashes = in.Raw(columns.count * kHashBytes);
  return columns;
}

// The entries [begin, end) of a chunk, whose hashes were read. False when it is damaged.
bool ReadEntries(const DedupSegment& segment, const Columns& columns, size_t begin, size_t end,
                 WireReader& in, std::vector<DedupEntry>& entries) {
  const size_t at = entries.size();
  entries.resize(at + (end - begin));
  WireReader hashes(columns.hashes.substr(begin * kHashBytes));
  for (size_t i = begin; i < end; ++i) entries[at + i - begin].hash = hashes.Hash();
  const auto column = [&](auto&& set) {
    for (size_t i = 0; i < columns.count; ++i) {
      const uint64_t value = in.Varint();
      if (i >= begin && i < end) set(entries[at + i - begin], value);
    }
  };
  column([&](DedupEntry& entry, uint64_t value) { entry.sequence = segment.first + value; });
  column([&](DedupEntry& entry, uint64_t value) {
    entry.accepted_us = segment.first_accepted_us + static_cast<int64_t>(value);
  });
  column([&](DedupEntry& entry, uint64_t value) {
    entry.matched_rules = static_cast<uint32_t>(value);
  });
  return in.done();
}

}  // namespace

EncodedDedupSegment EncodeDedupSegment(BusId bus, std::vector<DedupEntry> entries) {
  CHECK(!entries.empty()) << "a segment holds an identity";
  EncodedDedupSegment encoded;
  DedupSegment& segment = encoded.head.segment;
  const auto [oldest, newest] =
      std::minmax_element(entries.begin(), entries.end(),
                          [](const auto& a, const auto& b) { return a.sequence < b.sequence; });
  segment.first = oldest->sequence;
  segment.last = newest->sequence;
  segment.count = entries.size();
  segment.first_accepted_us = oldest->accepted_us;
  segment.last_accepted_us = newest->accepted_us;
  segment.chunk_bits = ChunkBits(entries.size());
  std::sort(entries.begin(), entries.end(), [](const DedupEntry& a, const DedupEntry& b) {
    return std::tie(a.hash.high, a.hash.low, a.sequence) <
           std::tie(b.hash.high, b.hash.low, b.sequence);
  });
  encoded.head.prefixes.reserve(entries.size());
  for (const DedupEntry& entry : entries) {
    encoded.head.prefixes.push_back(DedupFilter::Prefix(entry.hash));
  }
  const auto add = [&](const Key& key, auto&& append) {
    EncodedDedupSegment::Record& record = encoded.records.emplace_back();
    record.key = std::string(key.view());
    BeginEnvelope(record.value);
    append(record.value);
    SealEnvelope(record.key, 0, record.value);
  };
  const absl::Span<const DedupEntry> all(entries);
  for (size_t begin = 0; begin < all.size();) {
    const uint64_t chunk = segment.ChunkOf(all[begin].hash);
    size_t end = begin + 1;
    while (end < all.size() && segment.ChunkOf(all[end].hash) == chunk) ++end;
    add(DedupChunkKey(bus, segment.last, chunk),
        [&](std::string& value) { AppendChunk(segment, all.subspan(begin, end - begin), value); });
    begin = end;
  }
  add(DedupHeadKey(bus, segment.last),
      [&](std::string& value) { AppendHead(encoded.head, value); });
  return encoded;
}

absl::StatusOr<DedupSegmentHead> DecodeDedupHead(absl::string_view key, absl::string_view value) {
  ASSIGN_OR_RETURN(const Opened opened, OpenEnvelope(FamilyName(Family::kDedup), key, value));
  WireReader in(opened.payload);
  DedupSegmentHead head;
  DedupSegment& segment = head.segment;
  segment.last = Sequence(ReadKey64(key, 8));
  segment.first = Sequence(in.Varint());
  segment.count = in.Count();
  segment.first_accepted_us = in.Signed();
  segment.last_accepted_us = segment.first_accepted_us + static_cast<int64_t>(in.Varint());
  segment.chunk_bits = in.Byte();
  uint64_t prefix = 0;
  if (segment.count > in.remaining()) in.Fail();
  if (in.ok()) head.prefixes.reserve(segment.count);
  for (uint64_t i = 0; i < segment.count && in.ok(); ++i) {
    prefix += in.Varint();
    head.prefixes.push_back(prefix);
  }
  const bool plausible = segment.count > 0 && segment.chunk_bits <= kChunkBitsMax &&
                         segment.first <= segment.last && prefix >> DedupFilter::kPrefixBits == 0;
  if (!in.done() || !plausible) {
    return CorruptRecord(FamilyName(Family::kDedup), key, "its head does not decode");
  }
  return head;
}

absl::StatusOr<std::optional<DedupEntry>> FindInDedupChunk(const DedupSegment& segment,
                                                           absl::string_view key,
                                                           absl::string_view value,
                                                           const event::Hash128& hash) {
  ASSIGN_OR_RETURN(const Opened opened, OpenEnvelope(FamilyName(Family::kDedup), key, value));
  WireReader in(opened.payload);
  const Columns columns = ReadHashes(in);
  std::string wanted;
  WireWriter(wanted).Hash(hash);
  size_t found = columns.count;
  for (size_t i = 0; i < columns.count; ++i) {
    const char* at = columns.hashes.data() + i * kHashBytes;
    if (std::memcmp(at, wanted.data(), kHashBytes) == 0) found = i;  // the last one is the newest
  }
  if (in.ok() && found == columns.count) return std::nullopt;
  std::vector<DedupEntry> entries;
  if (!in.ok() || !ReadEntries(segment, columns, found, found + 1, in, entries)) {
    return CorruptRecord(FamilyName(Family::kDedup), key, "its columns do not decode");
  }
  return entries.front();
}

absl::Status DecodeDedupChunk(const DedupSegment& segment, absl::string_view key,
                              absl::string_view value, std::vector<DedupEntry>& entries) {
  ASSIGN_OR_RETURN(const Opened opened, OpenEnvelope(FamilyName(Family::kDedup), key, value));
  WireReader in(opened.payload);
  const Columns columns = ReadHashes(in);
  if (!in.ok() || !ReadEntries(segment, columns, 0, columns.count, in, entries)) {
    return CorruptRecord(FamilyName(Family::kDedup), key, "its columns do not decode");
  }
  return absl::OkStatus();
}

}  // namespace pavane::store
