// One commit record becomes one WriteBatch: its blocks, itself, and the records it puts and erases.
#include <algorithm>

#include "absl/types/span.h"

#include "base/check.h"
#include "base/failpoint.h"
#include "base/status_macros.h"
#include "store/commit_codec.h"
#include "store/envelope.h"
#include "store/keys.h"
#include "store/log_impl.h"
#include "store/record_codec.h"

namespace pavane::store {
namespace {

// How many blocks of a bus are stored as they are after one that did not compress.
constexpr int kCompressionHoliday = 16;

}  // namespace

absl::Status Log::Impl::Append(const CommitRecord& commit) {
  RETURN_IF_ERROR(failure);
  {
    MutexLock lock(mu);
    CHECK_EQ(commit.position, last_position.Next()) << "positions have no gap";
    CHECK_GE(commit.time_us, last_time_us) << "recorded time never falls";
  }
  const bool sync = options.durability == Durability::kFsync;
  failure = WriteCommit(commit, sync);
  RETURN_IF_ERROR(failure);
  commits.fetch_add(1, std::memory_order_relaxed);
  if (sync) {
    syncs.fetch_add(1, std::memory_order_relaxed);
    ack_mark->Set(commit.position, database->last_number());
    FAILPOINT("store.marked");
    if (options.on_sync) options.on_sync(Database::LastSyncTime());
  }
  Remember(commit);
  UpkeepWritten();
  StartUpkeep(commit);
  FAILPOINT("store.after_append");
  return absl::OkStatus();
}

absl::Status Log::Impl::WriteCommit(const CommitRecord& commit, bool sync) {
  RETURN_IF_ERROR(FAILPOINT_STATUS("store.before_append"));
  batch.Clear();
  RETURN_IF_ERROR(PutEvents(commit));
  if (FAILPOINT_LIES("store.events_apart")) {
    RETURN_IF_ERROR(database->Write(batch, sync));
    batch.Clear();
    FAILPOINT("store.between_halves");
  }
  BeginEnvelope(value);
  const uint8_t flags = AppendCommit(commit, value);
  const Key key = CommitKey(commit.position);
  SealEnvelope(key.view(), flags, value);
  RETURN_IF_ERROR(PutSealed(Family::kCommit, key.view()));
  RETURN_IF_ERROR(PutExceptions(commit));
  RETURN_IF_ERROR(PutDeadLetters(commit));
  RETURN_IF_ERROR(PutCatalog(commit));
  RETURN_IF_ERROR(PutScheduled(commit));
  RETURN_IF_ERROR(PutFills(commit));
  RETURN_IF_ERROR(AddUpkeep());
  FAILPOINT("store.batch_built");
  RETURN_IF_ERROR(database->Write(batch, sync));
  return FAILPOINT_STATUS("store.after_write");
}

absl::Status Log::Impl::WriteUpkeep() {
  failure = database->Write(batch, false);
  return failure;
}

absl::Status Log::Impl::Put(Family family, absl::string_view key, absl::string_view payload,
                            uint8_t flags) {
  BeginEnvelope(value);
  value.append(payload.data(), payload.size());
  SealEnvelope(key, flags, value);
  return PutSealed(family, key);
}

absl::Status Log::Impl::PutSealed(Family family, absl::string_view key) {
  return FromRocksDb(batch.Put(database->handle(family), ToSlice(key), value), "building a commit");
}

absl::Status Log::Impl::Delete(Family family, absl::string_view key) {
  return FromRocksDb(batch.Delete(database->handle(family), ToSlice(key)), "building a commit");
}

absl::Status Log::Impl::PutEvents(const CommitRecord& commit) {
  if (commit.events.empty()) return absl::OkStatus();
  // In order of buses, events of a bus in order: one block each.
  std::vector<event::StoredEventPtr> events;
  events.reserve(commit.events.size());
  for (const AppendedEvent& appended : commit.events) events.push_back(appended.event);
  const auto by_bus = [](const auto& a, const auto& b) { return a->ref.bus < b->ref.bus; };
  if (!std::is_sorted(events.begin(), events.end(), by_bus)) {
    std::stable_sort(events.begin(), events.end(), by_bus);
  }
  const absl::Span<const event::StoredEventPtr> all(events);
  for (size_t begin = 0; begin < all.size();) {
    size_t end = begin + 1;
    for (; end < all.size() && all[end]->ref.bus == all[begin]->ref.bus; ++end) {
      CHECK_EQ(all[end]->ref.sequence, all[end - 1]->ref.sequence.Next()) << "no gap on a bus";
    }
    RETURN_IF_ERROR(PutBlock(all.subspan(begin, end - begin)));
    begin = end;
  }
  return absl::OkStatus();
}

absl::Status Log::Impl::PutBlock(absl::Span<const event::StoredEventPtr> events) {
  const BusId bus = events.front()->ref.bus;
  {
    MutexLock lock(mu);
    CHECK_EQ(events.front()->ref.sequence, ranges[bus].last.Next()) << "no gap on a bus";
  }
  const Key key = BlockKey(bus, events.back()->ref.sequence);
  BeginEnvelope(value);
  AppendBlockHead(events, value);
  SealEnvelope(key.view(), 0, value);
  RETURN_IF_ERROR(PutSealed(Family::kBlock, key.view()));

  int& skip = skip_compression[bus];
  const bool try_compression = skip == 0;
  BeginEnvelope(value);
  const uint8_t flags = AppendPayload(events, try_compression, scratch, value);
  SealEnvelope(key.view(), flags, value);
  if (!try_compression) {
    --skip;
  } else if (flags == 0 && value.size() >= kCompressFromBytes) {
    skip = kCompressionHoliday;
  }
  RETURN_IF_ERROR(PutSealed(Family::kPayload, key.view()));
  size_t bytes = 0;
  for (const event::StoredEventPtr& event : events) bytes += event->bytes.size();
  blocks->Add(events, bytes);
  return absl::OkStatus();
}

absl::Status Log::Impl::PutExceptions(const CommitRecord& commit) {
  // Erased first: a delivery may come back at the same time.
  for (const ExceptionRecord& exception : commit.exceptions_erased) {
    const Key key = ExceptionRecordKey(exception.ref.target, exception.due_us, exception.ref.event);
    RETURN_IF_ERROR(Delete(Family::kException, key.view()));
  }
  for (const ExceptionRecord& exception : commit.exceptions) {
    const Key key = ExceptionRecordKey(exception.ref.target, exception.due_us, exception.ref.event);
    RETURN_IF_ERROR(Put(Family::kException, key.view(), SerializeException(exception)));
  }
  return absl::OkStatus();
}

absl::Status Log::Impl::PutDeadLetters(const CommitRecord& commit) {
  for (const DeadLetterRecord& letter : commit.dead_letters_erased) {
    const Key key = DeadLetterRecordKey(letter.ref.target, letter.id);
    const Key by_event = DeadLetterEventKey(letter.ref.event, letter.ref.target, letter.id);
    RETURN_IF_ERROR(Delete(Family::kDeadLetter, key.view()));
    RETURN_IF_ERROR(Delete(Family::kDeadLetterEvent, by_event.view()));
  }
  for (const DeadLetterRecord& letter : commit.dead_letters) {
    const Key key = DeadLetterRecordKey(letter.ref.target, letter.id);
    RETURN_IF_ERROR(Put(Family::kDeadLetter, key.view(), SerializeDeadLetter(letter)));
    if (!letter.event_bytes.empty()) continue;  // needs its block no more
    const Key by_event = DeadLetterEventKey(letter.ref.event, letter.ref.target, letter.id);
    RETURN_IF_ERROR(Put(Family::kDeadLetterEvent, by_event.view(), ""));
  }
  return absl::OkStatus();
}

absl::Status Log::Impl::PutCatalog(const CommitRecord& commit) {
  if (commit.catalog.empty()) return absl::OkStatus();
  RETURN_IF_ERROR(PutRuleHistory(commit));
  for (const CatalogChange& change : commit.catalog) {
    RETURN_IF_ERROR(RaiseNextIds(change, next_ids));
    const Key key = CatalogKey(change.kind, change.id);
    RETURN_IF_ERROR(change.erased ? Delete(Family::kCatalog, key.view())
                                  : Put(Family::kCatalog, key.view(), change.bytes));
  }
  const Key key = CatalogKey(CatalogChange::Kind::kNextIds, 0);
  return Put(Family::kCatalog, key.view(), EncodeNextIds(next_ids));
}

absl::Status Log::Impl::PutScheduled(const CommitRecord& commit) {
  for (const ScheduledEvent& scheduled : commit.scheduled) {
    RETURN_IF_ERROR(Put(Family::kScheduledEvent,
                        ScheduledKey(scheduled.due_us, scheduled.id).view(),
                        SerializeScheduled(scheduled)));
  }
  // Behind the puts: one of this commit may be cancelled in it.
  for (const ScheduledEvent& scheduled : commit.scheduled_erased) {
    RETURN_IF_ERROR(
        Delete(Family::kScheduledEvent, ScheduledKey(scheduled.due_us, scheduled.id).view()));
  }
  return absl::OkStatus();
}

absl::Status Log::Impl::PutFills(const CommitRecord& commit) {
  for (const FillRecord& fill : commit.fills) {
    const Key key = FillKey(fill.target);
    std::string payload;
    WireWriter wire(payload);
    AppendFill(fill, wire);
    RETURN_IF_ERROR(fill.done() ? Delete(Family::kMeta, key.view())
                                : Put(Family::kMeta, key.view(), payload));
  }
  return absl::OkStatus();
}

void Log::Impl::Remember(const CommitRecord& commit) {
  // Readers see the events no later than the ranges say that they exist.
  std::vector<event::StoredEventPtr> run;
  for (size_t i = 0; i < commit.events.size(); ++i) {
    const event::StoredEventPtr& event = commit.events[i].event;
    run.push_back(event);
    const bool ends =
        i + 1 == commit.events.size() || commit.events[i + 1].event->ref.bus != event->ref.bus;
    if (!ends) continue;
    tail_cache.Add(event->ref.bus, run);
    run.clear();
  }
  MutexLock lock(mu);
  if (!oldest_position) oldest_position = commit.position;
  last_position = commit.position;
  last_time_us = commit.time_us;
  catalog_version = commit.catalog_version;
  for (const AppendedEvent& appended : commit.events) {
    Range& range = ranges[appended.event->ref.bus];
    if (!range.first) range.first = appended.event->ref.sequence;
    range.last = appended.event->ref.sequence;
    range.appended_bytes += appended.event->bytes.size();
    if (range.kept_bytes) *range.kept_bytes += appended.event->bytes.size();
  }
  tails.Add(commit);
  CountLetters(commit);
}

void Log::Impl::CountLetters(const CommitRecord& commit) {
  const auto count = [&](TargetId target, int64_t change) {
    mu.AssertHeld();
    letters[target].count += static_cast<uint64_t>(change);
    if (!letter_changes.empty() && letter_changes.back().position == commit.position &&
        letter_changes.back().target == target) {
      letter_changes.back().change += change;
    } else {
      letter_changes.push_back({commit.position, target, change});
    }
  };
  for (const DeadLetterRecord& letter : commit.dead_letters) {
    count(letter.ref.target, 1);
    letters[letter.ref.target].bus = letter.bus;
  }
  for (const DeadLetterRecord& letter : commit.dead_letters_erased) count(letter.ref.target, -1);
}

}  // namespace pavane::store
