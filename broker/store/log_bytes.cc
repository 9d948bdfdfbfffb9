// How many bytes of events a bus keeps. Only buses with a byte limit are asked for, so nothing of
// it is stored: the first question reads the heads of the blocks, from then on it is kept up to
// date.
#include <optional>

#include "absl/status/status.h"

#include "base/status_macros.h"
#include "store/keys.h"
#include "store/log_impl.h"

namespace pavane::store {

namespace {

constexpr int kTriesMax = 16;

}  // namespace

absl::StatusOr<uint64_t> Log::Impl::KeptBytes(BusId bus) const {
  for (int i = 0; i < kTriesMax; ++i) {
    Range before;
    {
      MutexLock lock(mu);
      const auto found = ranges.find(bus);
      if (found == ranges.end()) return 0;
      if (found->second.kept_bytes) return *found->second.kept_bytes;
      before = found->second;
    }
    uint64_t bytes = 0;
    if (before.first) {
      ASSIGN_OR_RETURN(const std::optional<uint64_t> sum,
                       SumBlocks(bus, before.first, before.last));
      if (!sum) continue;
      bytes = *sum;
    }
    MutexLock lock(mu);
    Range& now = ranges[bus];
    if (now.first != before.first && before.first) continue;  // blocks were dropped meanwhile
    now.kept_bytes = bytes + now.appended_bytes - before.appended_bytes;
    return *now.kept_bytes;
  }
  return absl::AbortedError("events of the bus were dropped while they were counted");
}

absl::StatusOr<std::optional<uint64_t>> Log::Impl::SumBlocks(BusId bus, Sequence first,
                                                             Sequence last) const {
  Scan scan(*database, Family::kBlock, BlockKey(bus, first).view(),
            BlockKey(bus, last.Next()).view());
  uint64_t bytes = 0;
  Sequence next = first;  // otherwise blocks were dropped, and the ranges do not say so yet
  for (; scan.Valid(); scan.Next()) {
    ASSIGN_OR_RETURN(const BlockHead head, DecodeBlockHead("block", scan.key(), scan.value()));
    if (head.first != next) return std::optional<uint64_t>();
    bytes += head.events.back().end;
    next = head.last().Next();
  }
  RETURN_IF_ERROR(scan.status());
  return next == last.Next() ? std::optional<uint64_t>(bytes) : std::nullopt;
}

absl::StatusOr<Sequence> Log::Impl::FindByBytes(BusId bus, uint64_t bytes) const {
  const auto [first, last] = EventRange(bus);
  if (!first || bytes == 0) return first;
  Scan scan(*database, Family::kBlock, BlockKey(bus, first).view(), BlockKey(bus, last).view());
  uint64_t less = 0;
  Sequence before = first;
  for (; scan.Valid() && less < bytes; scan.Next()) {
    ASSIGN_OR_RETURN(const BlockHead head, DecodeBlockHead("block", scan.key(), scan.value()));
    less += head.events.back().end;
    before = head.last().Next();
  }
  RETURN_IF_ERROR(scan.status());
  return before;
}

}  // namespace pavane::store
