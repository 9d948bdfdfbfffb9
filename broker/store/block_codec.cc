// block_head := first count columns
// columns    := u8 column flags,
//               accepted base signed, [accepted delta varint]*                (kAcceptedVaries)
//               catalog version base, [version varint]*                       (kVersionVaries)
//               [matched rules varint]*, [hops varint]*                       (kHasHops)
//               [cause: 0, or bus then sequence, varints]*                    (kHasCauses)
//               [size varint]*
//               id hashes, correlation hashes, dedup hashes                   (kDedupDiffers)
//
// Hashes are in order of the events, not sorted: a scan of 1,000 of them takes 2 us, less than the
// read that fetched them, and sorting would cost each commit and bring a permutation along.
#include "store/block_codec.h"

#include <utility>

#include "absl/status/status.h"
#include <lz4.h>

#include "base/check.h"
#include "base/status_macros.h"
#include "store/envelope.h"
#include "store/keys.h"
#include "store/wire.h"

namespace pavane::store {
namespace {

constexpr uint8_t kAcceptedVaries = 1;
constexpr uint8_t kVersionVaries = 2;
constexpr uint8_t kHasHops = 4;
constexpr uint8_t kHasCauses = 8;
constexpr uint8_t kDedupDiffers = 16;
constexpr uint8_t kKnownColumns = 31;

constexpr size_t kHashBytes = 16;
// LZ4's own measure of haste: with 4 orders of 512 bytes take 0.9 us instead of 1.5 and are 3 %
// larger.
constexpr int kAcceleration = 4;
// A block is a commit's events on one bus; the record cap is far below.
constexpr uint64_t kPayloadBytesMax = 1ull << 30;

uint8_t ColumnFlags(absl::Span<const event::StoredEventPtr> events) {
  uint8_t flags = 0;
  const event::StoredEvent& first = *events.front();
  for (const event::StoredEventPtr& event : events) {
    if (event->accepted_us != first.accepted_us) flags |= kAcceptedVaries;
    if (event->catalog_version != first.catalog_version) flags |= kVersionVaries;
    if (event->hops != 0) flags |= kHasHops;
    if (event->cause.has_value()) flags |= kHasCauses;
    if (event->dedup_hash != event->id_hash) flags |= kDedupDiffers;
  }
  return flags;
}

using Columns = std::vector<BlockHead::Column>;

void ReadVaryingColumns(uint8_t flags, WireReader& in, Columns& events) {
  const int64_t accepted_us = in.Signed();
  for (auto& event : events) {
    event.accepted_us = accepted_us;
    if (flags & kAcceptedVaries) event.accepted_us += static_cast<int64_t>(in.Varint());
  }
  const CatalogVersion version(in.Varint());
  for (auto& event : events) {
    event.catalog_version = flags & kVersionVaries ? CatalogVersion(in.Varint()) : version;
  }
  for (auto& event : events) event.matched_rules = static_cast<uint32_t>(in.Varint());
  if (flags & kHasHops) {
    for (auto& event : events) event.hops = static_cast<uint32_t>(in.Varint());
  }
  if (flags & kHasCauses) {
    for (auto& event : events) {
      const BusId bus(in.Varint());
      if (bus) event.cause = event::EventRef{bus, Sequence(in.Varint())};
    }
  }
  uint64_t end = 0;
  for (auto& event : events) {
    const uint64_t size = in.Varint();
    if (size > kPayloadBytesMax) in.Fail();  // and the sum cannot overflow
    end += size;
    event.end = end;
  }
}

void ReadHashColumns(uint8_t flags, WireReader& in, Columns& events) {
  for (auto& event : events) event.id_hash = in.Hash();
  for (auto& event : events) event.correlation_hash = in.Hash();
  for (auto& event : events) event.dedup_hash = flags & kDedupDiffers ? in.Hash() : event.id_hash;
}

}  // namespace

void AppendBlockHead(absl::Span<const event::StoredEventPtr> events, std::string& out) {
  CHECK(!events.empty()) << "a block holds an event";
  const uint8_t flags = ColumnFlags(events);
  const event::StoredEvent& first = *events.front();
  WireWriter wire(out);
  wire.Varint(first.ref.sequence.value());
  wire.Varint(events.size());
  wire.Byte(flags);
  wire.Signed(first.accepted_us);
  if (flags & kAcceptedVaries) {
    for (const auto& event : events) wire.Varint(event->accepted_us - first.accepted_us);
  }
  wire.Varint(first.catalog_version.value());
  if (flags & kVersionVaries) {
    for (const auto& event : events) wire.Varint(event->catalog_version.value());
  }
  for (const auto& event : events) wire.Varint(event->matched_rules);
  if (flags & kHasHops) {
    for (const auto& event : events) wire.Varint(event->hops);
  }
  if (flags & kHasCauses) {
    for (const auto& event : events) {
      wire.Varint(event->cause.has_value() ? event->cause->bus.value() : 0);
      if (event->cause.has_value()) wire.Varint(event->cause->sequence.value());
    }
  }
  for (const auto& event : events) wire.Varint(event->bytes.size());
  for (const auto& event : events) wire.Hash(event->id_hash);
  for (const auto& event : events) wire.Hash(event->correlation_hash);
  if (flags & kDedupDiffers) {
    for (const auto& event : events) wire.Hash(event->dedup_hash);
  }
}

absl::StatusOr<BlockHead> DecodeBlockHead(absl::string_view family, absl::string_view key,
                                          absl::string_view value) {
  ASSIGN_OR_RETURN(const Opened opened, OpenEnvelope(family, key, value));
  WireReader in(opened.payload);
  BlockHead head;
  head.bus = BusId(ReadKey64(key, 0));
  head.first = Sequence(in.Varint());
  // At least a size, a count and two hashes each.
  head.events.resize(in.Count(2 * kHashBytes + 2));
  const uint8_t flags = in.Byte();
  if (head.events.empty() || (flags & ~kKnownColumns) != 0) in.Fail();
  ReadVaryingColumns(flags, in, head.events);
  ReadHashColumns(flags, in, head.events);
  if (!in.done() || head.last() != Sequence(ReadKey64(key, 8))) {
    return CorruptRecord(family, key, "its columns do not decode");
  }
  return head;
}

absl::StatusOr<BlockHashes> DecodeBlockHashes(absl::string_view family, absl::string_view key,
                                              absl::string_view value) {
  ASSIGN_OR_RETURN(const Opened opened, OpenEnvelope(family, key, value));
  WireReader in(opened.payload);
  BlockHashes hashes;
  hashes.first = Sequence(in.Varint());
  hashes.count = in.Count(2 * kHashBytes + 2);
  const uint8_t flags = in.Byte();
  hashes.accepted_first_us = in.Signed();
  const size_t parts = flags & kDedupDiffers ? 3 : 2;
  const size_t bytes = hashes.count * kHashBytes;
  if (!in.ok() || hashes.count == 0 || in.remaining() < parts * bytes) {
    return CorruptRecord(family, key, "its columns do not decode");
  }
  const absl::string_view rest = opened.payload.substr(opened.payload.size() - parts * bytes);
  hashes.id = rest.substr(0, bytes);
  hashes.correlation = rest.substr(bytes, bytes);
  return hashes;
}

uint8_t AppendPayload(absl::Span<const event::StoredEventPtr> events, bool try_compression,
                      std::string& scratch, std::string& out) {
  size_t size = 0;
  for (const auto& event : events) size += event->bytes.size();
  if (!try_compression || size < kCompressFromBytes) {
    out.reserve(out.size() + size);
    for (const auto& event : events) out.append(event->bytes);
    return 0;
  }
  scratch.clear();
  scratch.reserve(size);
  for (const auto& event : events) scratch.append(event->bytes);
  const size_t start = out.size();
  WireWriter(out).Varint(size);
  // It pays when an eighth is saved; LZ4 gives up by itself when the room is too small.
  const size_t room = size - size / 8;
  const size_t at = out.size();
  out.resize(at + room);
  const int packed = LZ4_compress_fast(scratch.data(), out.data() + at, static_cast<int>(size),
                                       static_cast<int>(room), kAcceleration);
  if (packed > 0) {
    out.resize(at + packed);
    return kLz4;
  }
  out.resize(start);
  out.append(scratch);
  return 0;
}

absl::StatusOr<std::string> DecodePayload(absl::string_view family, absl::string_view key,
                                          absl::string_view value) {
  ASSIGN_OR_RETURN(const Opened opened, OpenEnvelope(family, key, value));
  if ((opened.flags & kLz4) == 0) return std::string(opened.payload);
  WireReader in(opened.payload);
  const uint64_t size = in.Varint();
  if (!in.ok() || size > kPayloadBytesMax) {
    return CorruptRecord(family, key, "its size does not decode");
  }
  const absl::string_view packed = in.Raw(in.remaining());
  std::string payload(size, '\0');
  const int unpacked = LZ4_decompress_safe(packed.data(), payload.data(),
                                           static_cast<int>(packed.size()), static_cast<int>(size));
  if (unpacked < 0 || static_cast<uint64_t>(unpacked) != size) {
    return CorruptRecord(family, key, "it does not decompress");
  }
  return payload;
}

event::StoredEventPtr Block::Event(size_t index) const {
  const BlockHead::Column& column = head.events[index];
  const uint64_t begin = index == 0 ? 0 : head.events[index - 1].end;
  auto event = std::make_shared<event::StoredEvent>();
  event->ref = {head.bus, head.first + index};
  event->accepted_us = column.accepted_us;
  event->dedup_hash = column.dedup_hash;
  event->id_hash = column.id_hash;
  event->correlation_hash = column.correlation_hash;
  event->catalog_version = column.catalog_version;
  event->matched_rules = column.matched_rules;
  event->hops = column.hops;
  event->cause = column.cause;
  event->bytes.assign(payload, begin, column.end - begin);
  return event;
}

}  // namespace pavane::store
