#include <algorithm>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"

#include "base/status_macros.h"
#include "store/commit_codec.h"
#include "store/envelope.h"
#include "store/keys.h"
#include "store/log_impl.h"
#include "store/record_codec.h"
#include "store/wire.h"

namespace pavane::store {
namespace {

absl::Status NoEvent(event::EventRef ref) {
  return absl::NotFoundError(
      absl::StrCat("event ", ref.sequence.value(), " of bus ", ref.bus.value(), " is not kept"));
}

Key BusEnd(BusId bus) { return BlockKey(bus.Next(), Sequence()); }

// Indices of the hash within a column of them, in order.
void FindHash(absl::string_view column, const event::Hash128& hash, std::vector<size_t>& found) {
  char wanted[16];
  for (int i = 0; i < 8; ++i) wanted[i] = static_cast<char>(hash.high >> (8 * i));
  for (int i = 0; i < 8; ++i) wanted[8 + i] = static_cast<char>(hash.low >> (8 * i));
  found.clear();
  for (size_t i = 0; i < column.size() / sizeof(wanted); ++i) {
    if (std::memcmp(column.data() + i * sizeof(wanted), wanted, sizeof(wanted)) == 0) {
      found.push_back(i);
    }
  }
}

}  // namespace

absl::StatusOr<CommitRecord> Log::Impl::ReadCommit(Position position) const {
  const Key key = CommitKey(position);
  ASSIGN_OR_RETURN(const std::string value, database->Get(Family::kCommit, key.view()));
  return DecodeCommit("commit", key.view(), value);
}

absl::StatusOr<int64_t> Log::Impl::ReadCommitTime(Position position) const {
  const Key key = CommitKey(position);
  ASSIGN_OR_RETURN(const std::string value, database->Get(Family::kCommit, key.view()));
  ASSIGN_OR_RETURN(const CommitTimes times, DecodeCommitTimes("commit", key.view(), value));
  return times.time_us;
}

absl::Status Log::Impl::ReplayCommits(
    Position after, Position events_after,
    const std::function<absl::Status(const CommitRecord&)>& visit) const {
  Scan scan(*database, Family::kCommit, CommitKey(after.Next()).view(), "");
  for (; scan.Valid(); scan.Next()) {
    const bool events = Position(ReadKey64(scan.key(), 0)) > events_after;
    ASSIGN_OR_RETURN(const CommitRecord commit,
                     DecodeCommit("commit", scan.key(), scan.value(),
                                  events ? WithEvents::kYes : WithEvents::kNo));
    RETURN_IF_ERROR(visit(commit));
  }
  return scan.status();
}

absl::StatusOr<Position> Log::Impl::FindPositionBefore(int64_t time_us) const {
  Position low;
  Position high;  // the answer + 1 is within [low, high]
  {
    MutexLock lock(mu);
    if (!last_position) return Position();
    low = oldest_position;
    high = last_position.Next();
  }
  while (low < high) {
    const Position middle = low + (high - low) / 2;
    const absl::StatusOr<int64_t> time = ReadCommitTime(middle);
    // A checkpoint may have dropped it meanwhile: then it is older than anyone asks for.
    if (!time.ok() && !absl::IsNotFound(time.status())) return time.status();
    if (!time.ok() || *time < time_us) {
      low = middle.Next();
    } else {
      high = middle;
    }
  }
  return low - 1;
}

absl::StatusOr<Position> Log::Impl::LimitSettlements(Position from,
                                                     uint64_t settlements_max) const {
  uint64_t settlements = 0;
  Scan scan(*database, Family::kCommit, CommitKey(from.Next()).view(), "",
            Scan::Direction::kBackward);
  for (; scan.Valid(); scan.Next()) {
    ASSIGN_OR_RETURN(const CommitRecord commit,
                     DecodeCommit("commit", scan.key(), scan.value(), WithEvents::kNo));
    settlements += commit.settlements.size();
    if (settlements > settlements_max) return commit.position;
  }
  RETURN_IF_ERROR(scan.status());
  return from;
}

std::pair<Sequence, Sequence> Log::Impl::EventRange(BusId bus) const {
  MutexLock lock(mu);
  const auto found = ranges.find(bus);
  if (found == ranges.end() || !found->second.first) return {};
  return {found->second.first, found->second.last};
}

absl::StatusOr<std::shared_ptr<const Block>> Log::Impl::FindBlock(event::EventRef ref) const {
  if (std::shared_ptr<const Block> cached = block_cache.Find(ref)) return cached;
  auto block = ReadBlock(ref);
  // Between its two reads a larger block may have taken the place of the one that was found. That
  // one stays, so a second look is true.
  return absl::IsDataLoss(block.status()) ? ReadBlock(ref) : std::move(block);
}

absl::StatusOr<std::shared_ptr<const Block>> Log::Impl::ReadBlock(event::EventRef ref) const {
  Scan scan(*database, Family::kBlock, BlockKey(ref.bus, ref.sequence).view(),
            BusEnd(ref.bus).view());
  if (!scan.Valid()) {
    RETURN_IF_ERROR(scan.status());
    return NoEvent(ref);
  }
  auto block = std::make_shared<Block>();
  ASSIGN_OR_RETURN(block->head, DecodeBlockHead("block", scan.key(), scan.value()));
  const absl::StatusOr<std::string> value = database->Get(Family::kPayload, scan.key());
  if (absl::IsNotFound(value.status())) {
    // Dropped between the two reads, or lost.
    if (ref.sequence < EventRange(ref.bus).first) return NoEvent(ref);
    return CorruptRecord("payload", scan.key(), "it is missing");
  }
  RETURN_IF_ERROR(value);
  ASSIGN_OR_RETURN(block->payload, DecodePayload("payload", scan.key(), *value));
  if (block->head.events.back().end != block->payload.size()) {
    return CorruptRecord("payload", scan.key(), "its size is not the sum of its events");
  }
  block_cache.Add(block);
  return block;
}

absl::StatusOr<event::StoredEventPtr> Log::Impl::ReadEvent(event::EventRef ref) const {
  if (event::StoredEventPtr event = tail_cache.Find(ref)) return event;
  const auto [first, last] = EventRange(ref.bus);
  if (!first || ref.sequence < first || ref.sequence > last) return NoEvent(ref);
  ASSIGN_OR_RETURN(const std::shared_ptr<const Block> block, FindBlock(ref));
  if (ref.sequence < block->head.first) return NoEvent(ref);
  return block->Event(ref.sequence - block->head.first);
}

absl::StatusOr<event::StoredEventPtr> Log::ReadEvent(event::EventRef ref) const {
  return impl_->ReadEvent(ref);
}

absl::StatusOr<std::vector<event::StoredEventPtr>> Log::ReadEvents(BusId bus, Sequence from,
                                                                   bool backwards, size_t count_max,
                                                                   size_t bytes_max) const {
  std::vector<event::StoredEventPtr> events;
  size_t bytes = 0;
  const auto room = [&] {
    return events.size() < count_max && (events.empty() || bytes < bytes_max);
  };
  const auto [first, last] = impl_->EventRange(bus);
  if (!first) return events;
  Sequence at = backwards ? std::min(from, last) : std::max(from, first);
  while (at >= first && at <= last && room()) {
    const Sequence next =
        impl_->tail_cache.Read(bus, at, backwards, count_max, bytes_max, bytes, events);
    if (next != at) {
      at = next;
      continue;
    }
    const absl::StatusOr<std::shared_ptr<const Block>> block = impl_->FindBlock({bus, at});
    if (absl::IsNotFound(block.status())) break;  // dropped meanwhile
    RETURN_IF_ERROR(block);
    const BlockHead& head = (*block)->head;
    if (at < head.first) {
      if (backwards) break;  // everything further down was dropped meanwhile
      at = head.first;
    }
    for (; at >= head.first && at <= head.last() && room(); backwards ? --at : ++at) {
      events.push_back((*block)->Event(at - head.first));
      bytes += events.back()->bytes.size();
    }
  }
  return events;
}

absl::StatusOr<std::vector<Sequence>> Log::FindById(BusId bus, const event::Hash128& id_hash,
                                                    size_t max) const {
  std::vector<Sequence> sequences;
  std::vector<size_t> found;
  Scan scan(*impl_->database, Family::kBlock, BlockKey(bus, Sequence()).view(), BusEnd(bus).view(),
            Scan::Direction::kBackward);
  for (; scan.Valid() && sequences.size() < max; scan.Next()) {
    ASSIGN_OR_RETURN(const BlockHashes block, DecodeBlockHashes("block", scan.key(), scan.value()));
    FindHash(block.id, id_hash, found);
    for (size_t i = found.size(); i > 0 && sequences.size() < max; --i) {
      sequences.push_back(block.first + found[i - 1]);
    }
  }
  RETURN_IF_ERROR(scan.status());
  return sequences;
}

absl::StatusOr<std::vector<Sequence>> Log::FindByCorrelation(BusId bus,
                                                             const event::Hash128& correlation_hash,
                                                             size_t max) const {
  std::vector<Sequence> sequences;
  std::vector<size_t> found;
  Scan scan(*impl_->database, Family::kBlock, BlockKey(bus, Sequence()).view(), BusEnd(bus).view());
  for (; scan.Valid() && sequences.size() < max; scan.Next()) {
    ASSIGN_OR_RETURN(const BlockHashes block, DecodeBlockHashes("block", scan.key(), scan.value()));
    FindHash(block.correlation, correlation_hash, found);
    for (size_t i = 0; i < found.size() && sequences.size() < max; ++i) {
      sequences.push_back(block.first + found[i]);
    }
  }
  RETURN_IF_ERROR(scan.status());
  return sequences;
}

absl::StatusOr<Sequence> Log::FindByTime(BusId bus, int64_t accepted_us) const {
  const auto [first, last] = impl_->EventRange(bus);
  if (!first) {
    MutexLock lock(impl_->mu);
    const auto found = impl_->ranges.find(bus);
    return found == impl_->ranges.end() ? Sequence(1) : found->second.last.Next();
  }
  Sequence low = first;
  Sequence high = last.Next();
  while (low < high) {
    const Sequence middle = low + (high - low) / 2;
    const absl::StatusOr<event::StoredEventPtr> event = impl_->ReadEvent({bus, middle});
    if (!event.ok() && !absl::IsNotFound(event.status())) return event.status();
    // Not found: dropped meanwhile, so it is before.
    if (!event.ok() || (*event)->accepted_us < accepted_us) {
      low = middle.Next();
    } else {
      high = middle;
    }
  }
  return low;
}

absl::StatusOr<std::vector<TargetEntry>> Log::ReadTargetEntries(TargetId target, Sequence after,
                                                                size_t max) const {
  // Memory first: a checkpoint between the two reads moves entries to the runs, never back.
  std::vector<TargetEntry> fresh;
  {
    MutexLock lock(impl_->mu);
    fresh = impl_->tails.Read(target, after, max);
  }
  std::vector<TargetEntry> entries;
  std::vector<TargetEntry> run;
  Scan scan(*impl_->database, Family::kRun, RunKey(target, after.Next()).view(),
            RunKey(target.Next(), Sequence()).view());
  const auto merged = [&](Sequence sequence) {
    return !fresh.empty() && sequence >= fresh.front().sequence;
  };
  for (; scan.Valid() && entries.size() < max; scan.Next()) {
    run.clear();
    RETURN_IF_ERROR(DecodeRun(scan.key(), scan.value(), run));
    for (const TargetEntry& entry : run) {
      if (entry.sequence > after && !merged(entry.sequence) && entries.size() < max) {
        entries.push_back(entry);
      }
    }
  }
  RETURN_IF_ERROR(scan.status());
  for (size_t i = 0; i < fresh.size() && entries.size() < max; ++i) entries.push_back(fresh[i]);
  return entries;
}

absl::StatusOr<std::vector<ExceptionRecord>> Log::ReadExceptions(TargetId target,
                                                                 std::optional<ExceptionKey> after,
                                                                 size_t max) const {
  std::string from(ExceptionRecordKey(target, INT64_MIN, {}).view());
  if (after.has_value()) {
    from = std::string(ExceptionRecordKey(target, after->due_us, after->event).view());
    from.push_back('\0');  // the first key behind it
  }
  Scan scan(*impl_->database, Family::kException, from,
            ExceptionRecordKey(target.Next(), INT64_MIN, {}).view());
  std::vector<ExceptionRecord> exceptions;
  for (; scan.Valid() && exceptions.size() < max; scan.Next()) {
    ASSIGN_OR_RETURN(const Opened opened, OpenEnvelope("exception", scan.key(), scan.value()));
    if (!ParseException(opened.payload, exceptions.emplace_back())) {
      return CorruptRecord("exception", scan.key(), "it does not decode");
    }
  }
  RETURN_IF_ERROR(scan.status());
  return exceptions;
}

absl::Status Log::VisitScheduled(std::optional<ScheduledEventKey> after,
                                 const std::function<bool(const ScheduledEvent&)>& visit) const {
  std::string from;
  if (after.has_value()) {
    from = std::string(ScheduledKey(after->due_us, after->id).view());
    from.push_back('\0');  // the first key behind it
  }
  Scan scan(*impl_->database, Family::kScheduledEvent, from, "");
  for (; scan.Valid(); scan.Next()) {
    ASSIGN_OR_RETURN(const Opened opened, OpenEnvelope("scheduled", scan.key(), scan.value()));
    ScheduledEvent scheduled;
    if (!ParseScheduled(opened.payload, scheduled)) {
      return CorruptRecord("scheduled", scan.key(), "it does not decode");
    }
    if (!visit(scheduled)) return absl::OkStatus();
  }
  return scan.status();
}

absl::StatusOr<std::vector<FillRecord>> Log::ReadFills() const {
  std::vector<FillRecord> fills;
  const Key end = FillKey(TargetId(UINT64_MAX));
  Scan scan(*impl_->database, Family::kMeta, FillKey(TargetId()).view(), end.view());
  for (; scan.Valid(); scan.Next()) {
    ASSIGN_OR_RETURN(const Opened opened, OpenEnvelope("default", scan.key(), scan.value()));
    WireReader in(opened.payload);
    FillRecord& fill = fills.emplace_back();
    fill.target = TargetId(ReadKey64(scan.key(), 2));
    ReadFill(in, fill);
    if (!in.done()) return CorruptRecord("default", scan.key(), "it does not decode");
  }
  RETURN_IF_ERROR(scan.status());
  return fills;
}

absl::Status Log::VisitDeadLetters(
    std::optional<DeadLetterKey> after, std::optional<TargetId> target,
    const std::function<bool(const DeadLetterRecord&)>& visit) const {
  std::string from;
  std::string before;
  if (target.has_value()) {
    from = std::string(DeadLetterRecordKey(*target, 0).view());
    before = std::string(DeadLetterRecordKey(target->Next(), 0).view());
  }
  if (after.has_value()) {
    std::string behind(DeadLetterRecordKey(after->target, after->id).view());
    behind.push_back('\0');
    from = std::max(from, behind);
  }
  Scan scan(*impl_->database, Family::kDeadLetter, from, before);
  for (; scan.Valid(); scan.Next()) {
    ASSIGN_OR_RETURN(const Opened opened, OpenEnvelope("dead_letter", scan.key(), scan.value()));
    DeadLetterRecord letter;
    if (!ParseDeadLetter(opened.payload, letter)) {
      return CorruptRecord("dead_letter", scan.key(), "it does not decode");
    }
    if (!visit(letter)) return absl::OkStatus();
  }
  return scan.status();
}

absl::StatusOr<DeadLetterRecord> Log::GetDeadLetter(DeadLetterKey letter_key) const {
  const Key key = DeadLetterRecordKey(letter_key.target, letter_key.id);
  ASSIGN_OR_RETURN(const std::string value, impl_->database->Get(Family::kDeadLetter, key.view()));
  ASSIGN_OR_RETURN(const Opened opened, OpenEnvelope("dead_letter", key.view(), value));
  DeadLetterRecord letter;
  if (!ParseDeadLetter(opened.payload, letter)) {
    return CorruptRecord("dead_letter", key.view(), "it does not decode");
  }
  return letter;
}

}  // namespace pavane::store
