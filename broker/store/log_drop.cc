// Retention: blocks go whole, from the front of a bus, after the dead letters that need them have
// got copies of their events.
#include <algorithm>

#include "base/check.h"
#include "base/failpoint.h"
#include "base/status_macros.h"
#include "store/envelope.h"
#include "store/keys.h"
#include "store/log_impl.h"
#include "store/record_codec.h"
#include "store/wire.h"

namespace pavane::store {
namespace {

// One call's work: the writer thread does nothing else meanwhile.
constexpr size_t kBlocksMax = 256;
constexpr size_t kCopiesBytesMax = 4 << 20;

}  // namespace

absl::StatusOr<uint64_t> Log::Impl::DropEvents(BusId bus, Sequence before) {
  RETURN_IF_ERROR(failure);
  const auto [first, newest] = EventRange(bus);
  if (!first || before <= first) return 0;
  const Key from = BlockKey(bus, first);
  const Key end = BlockKey(bus.Next(), Sequence());
  int64_t time_us = 0;
  {
    MutexLock lock(mu);
    time_us = last_time_us;
  }
  Scan scan(*database, Family::kBlock, from.view(), end.view());
  const bool counted = [&] {
    MutexLock lock(mu);
    return ranges[bus].kept_bytes.has_value();
  }();
  Sequence last;
  uint64_t bytes = 0;
  for (size_t blocks = 0; scan.Valid() && blocks < kBlocksMax; scan.Next(), ++blocks) {
    const Sequence block_last(ReadKey64(scan.key(), 8));
    if (block_last >= before) break;
    last = block_last;
    if (!counted) continue;
    ASSIGN_OR_RETURN(const BlockHead head, DecodeBlockHead("block", scan.key(), scan.value()));
    bytes += head.events.back().end;
  }
  RETURN_IF_ERROR(scan.status());
  if (!last) return 0;
  RETURN_IF_ERROR(CopyIntoLetters(bus, first, last));
  FAILPOINT("store.letters_copied");

  batch.Clear();
  RETURN_IF_ERROR(SealBeforeDrop(bus, last.Next(), time_us));
  const Key to = BlockKey(bus, last.Next());
  for (const Family family : {Family::kBlock, Family::kPayload}) {
    RETURN_IF_ERROR(FromRocksDb(
        batch.DeleteRange(database->handle(family), ToSlice(from.view()), ToSlice(to.view())),
        "dropping events"));
  }
  failure = ForgetRules(bus, last);  // what was sealed above is not written yet
  RETURN_IF_ERROR(failure);
  std::string number;
  WireWriter(number).Varint(newest.value());
  RETURN_IF_ERROR(Put(Family::kMeta, BusSequenceKey(bus).view(), number));
  RETURN_IF_ERROR(FAILPOINT_STATUS("store.before_drop"));
  RETURN_IF_ERROR(WriteUpkeep());
  FAILPOINT("store.after_drop");
  MutexLock lock(mu);
  Range& range = ranges[bus];
  range.first = last == range.last ? Sequence() : last.Next();
  if (counted && range.kept_bytes >= bytes) {
    *range.kept_bytes -= bytes;
  } else {
    range.kept_bytes.reset();  // counted meanwhile: once more
  }
  return last - first + 1;
}

absl::Status Log::Impl::CopyIntoLetters(BusId bus, Sequence first, Sequence last) {
  const Key from = DeadLetterEventKey({bus, first}, TargetId(), 0);
  const Key end = DeadLetterEventKey({bus, last.Next()}, TargetId(), 0);
  Scan scan(*database, Family::kDeadLetterEvent, from.view(), end.view());
  batch.Clear();
  // Each batch stands alone: a letter with its own copy is whole whether or not the block goes.
  for (; scan.Valid(); scan.Next()) {
    const event::EventRef ref{bus, Sequence(ReadKey64(scan.key(), 8))};
    const Key key =
        DeadLetterRecordKey(TargetId(ReadKey64(scan.key(), 16)), ReadKey64(scan.key(), 24));
    ASSIGN_OR_RETURN(const std::string stored, database->Get(Family::kDeadLetter, key.view()));
    ASSIGN_OR_RETURN(const Opened opened, OpenEnvelope("dead_letter", key.view(), stored));
    DeadLetterRecord letter;
    if (!ParseDeadLetter(opened.payload, letter)) {
      return CorruptRecord("dead_letter", key.view(), "it does not decode");
    }
    ASSIGN_OR_RETURN(const event::StoredEventPtr event, ReadEvent(ref));
    letter.event_accepted_us = event->accepted_us;
    letter.event_bytes = event->bytes;
    RETURN_IF_ERROR(Put(Family::kDeadLetter, key.view(), SerializeDeadLetter(letter)));
    RETURN_IF_ERROR(Delete(Family::kDeadLetterEvent, scan.key()));
    if (batch.GetDataSize() < kCopiesBytesMax) continue;
    RETURN_IF_ERROR(WriteUpkeep());
    batch.Clear();
  }
  RETURN_IF_ERROR(scan.status());
  return batch.Count() == 0 ? absl::OkStatus() : WriteUpkeep();
}

}  // namespace pavane::store
