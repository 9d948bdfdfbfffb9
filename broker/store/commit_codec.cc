// commit       := times dispatch settlements exceptions erased_exceptions letters erased_letters
//                 catalog [keys] [scheduled] [fills]
// times        := time_us signed, catalog version varint
// dispatch     := runs targets [matched rules varint]* [count varint, index varint * count]*
// runs         := count, [bus, first sequence, events]*      consecutive events of one bus
// targets      := count, [id - previous id]*                 ascending; events name them by index
// settlements  := count, [settlement]*                       see PutSettlement
// exceptions, letters   := count, [protobuf bytes]*
// erased_exceptions     := count, [target, bus, sequence, due_us signed]*
// erased_letters        := count, [id, target, bus, sequence]*
// catalog      := count, [kind u8, id, erased u8, bytes]*
// keys         := count, [event index, target index, hash u64]*   ordered deliveries; both indices
//                 count, [erased letter index, hash u64]*         from 0; only with the flag kKeyed
// scheduled    := count, [protobuf bytes]*   only with the flag kScheduled
//                 count, [id, due_us signed]*   erased
// fills        := count, [target, bus, next, last, from_us signed]*   only with the flag kFills
//
// Numbers are varints where nothing else is said. A settlement takes some 16 bytes, of which 8 are
// its token; an event with one target 3.
#include "store/commit_codec.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "base/status_macros.h"
#include "store/envelope.h"
#include "store/keys.h"
#include "store/record_codec.h"
#include "store/wire.h"

namespace pavane::store {
namespace {

// First byte of a settlement; its low three bits are the outcome.
constexpr uint8_t kOutcomeMask = 7;
constexpr uint8_t kAttemptCounted = 8;
constexpr uint8_t kFirstAttempt = 16;
constexpr uint8_t kWasException = 32;
constexpr uint8_t kToDeadLetters = 64;
constexpr uint8_t kHasEmitted = 128;
// Second byte: reason in the low three bits, then the client's outcome in three.
constexpr uint8_t kReasonMask = 7;
constexpr int kClientOutcomeShift = 3;
constexpr uint8_t kSameContentHash = 64;  // as the settlement's before
constexpr uint8_t kNoAttempt = 128;       // boot, token and content hash are zero
// Flags of an emitted event.
constexpr uint8_t kDuplicate = 1;
constexpr uint8_t kEmitScheduled = 2;

void PutEvent(const event::EventRef& ref, WireWriter& wire) {
  wire.Varint(ref.bus.value());
  wire.Varint(ref.sequence.value());
}
event::EventRef GetEvent(WireReader& in) {
  event::EventRef ref;
  ref.bus = BusId(in.Varint());
  ref.sequence = Sequence(in.Varint());
  return ref;
}

// ---- dispatch

void PutRuns(const std::vector<AppendedEvent>& events, WireWriter& wire) {
  const auto continues = [&](size_t i) {
    return events[i].event->ref.bus == events[i - 1].event->ref.bus;
  };
  size_t runs = events.empty() ? 0 : 1;
  for (size_t i = 1; i < events.size(); ++i) runs += continues(i) ? 0 : 1;
  wire.Varint(runs);
  for (size_t i = 0; i < events.size();) {
    size_t end = i + 1;
    while (end < events.size() && continues(end)) ++end;
    PutEvent(events[i].event->ref, wire);
    wire.Varint(end - i);
    i = end;
  }
}

using NewEvents = std::vector<std::shared_ptr<event::StoredEvent>>;

NewEvents GetRuns(int64_t time_us, WireReader& in) {
  NewEvents events;
  const size_t runs = in.Count(3);
  for (size_t run = 0; run < runs && in.ok(); ++run) {
    const event::EventRef first = GetEvent(in);
    const size_t count = in.Count();
    if (events.size() + count > in.remaining()) in.Fail();  // each takes a byte further on
    for (size_t i = 0; i < count && in.ok(); ++i) {
      auto event = std::make_shared<event::StoredEvent>();
      event->ref = {first.bus, first.sequence + i};
      event->accepted_us = time_us;
      events.push_back(std::move(event));
    }
  }
  return events;
}

void PutDispatch(const std::vector<AppendedEvent>& events, WireWriter& wire) {
  PutRuns(events, wire);
  std::vector<TargetId> table;
  for (const AppendedEvent& event : events) {
    table.insert(table.end(), event.targets.begin(), event.targets.end());
  }
  std::sort(table.begin(), table.end());
  table.erase(std::unique(table.begin(), table.end()), table.end());
  wire.Varint(table.size());
  TargetId previous;
  for (const TargetId target : table) {
    wire.Varint(target - previous);
    previous = target;
  }
  for (const AppendedEvent& event : events) wire.Varint(event.event->matched_rules);
  for (const AppendedEvent& event : events) {
    wire.Varint(event.targets.size());
    for (const TargetId target : event.targets) {
      wire.Varint(std::lower_bound(table.begin(), table.end(), target) - table.begin());
    }
  }
}

void GetDispatch(int64_t time_us, WireReader& in, std::vector<AppendedEvent>& appended) {
  NewEvents events = GetRuns(time_us, in);
  std::vector<TargetId> table(in.Count());
  TargetId previous;
  for (TargetId& target : table) previous = target = previous + in.Varint();
  for (auto& event : events) event->matched_rules = static_cast<uint32_t>(in.Varint());
  appended.reserve(events.size());
  for (auto& event : events) {
    std::vector<TargetId> targets(in.Count());
    for (TargetId& target : targets) {
      const uint64_t index = in.Varint();
      if (index >= table.size()) return in.Fail();
      target = table[index];
    }
    appended.push_back({std::move(event), std::move(targets)});
  }
}

void SkipDispatch(WireReader& in) {
  uint64_t events = 0;
  const size_t runs = in.Count(3);
  for (size_t run = 0; run < runs && in.ok(); ++run) {
    GetEvent(in);
    events += in.Count();
  }
  const size_t targets = in.Count();
  for (size_t i = 0; i < targets; ++i) in.Varint();
  for (uint64_t i = 0; i < events && in.ok(); ++i) in.Varint();
  for (uint64_t i = 0; i < events && in.ok(); ++i) {
    const size_t count = in.Count();
    for (size_t t = 0; t < count; ++t) in.Varint();
  }
}

// ---- settlements

void PutEmitted(const std::vector<EmittedEvent>& emitted, WireWriter& wire) {
  wire.Varint(emitted.size());
  for (const EmittedEvent& event : emitted) {
    PutEvent(event.event, wire);
    wire.Varint(event.matched_rules);
    wire.Byte((event.duplicate ? kDuplicate : 0) | (event.scheduled ? kEmitScheduled : 0));
    wire.Bytes(event.event_id);
  }
}

std::vector<EmittedEvent> GetEmitted(WireReader& in) {
  std::vector<EmittedEvent> emitted(in.Count(5));
  for (EmittedEvent& event : emitted) {
    event.event = GetEvent(in);
    event.matched_rules = static_cast<uint32_t>(in.Varint());
    const uint8_t emit_flags = in.Byte();
    event.duplicate = (emit_flags & kDuplicate) != 0;
    event.scheduled = (emit_flags & kEmitScheduled) != 0;
    event.event_id = std::string(in.Bytes());
  }
  return emitted;
}

// Two bytes of flags; target and sequence as differences from the settlement before; bus; then
// boot, token and content hash unless the flags say otherwise; then the emitted events if there are
// any.
void PutSettlement(const SettlementRecord& settlement, const SettlementRecord& before,
                   WireWriter& wire) {
  const bool no_attempt = !settlement.boot && settlement.token == 0 && settlement.content_hash == 0;
  const bool same_hash = settlement.content_hash == before.content_hash;
  wire.Byte(static_cast<uint8_t>(settlement.outcome) |
            (settlement.attempt_counted ? kAttemptCounted : 0) |
            (settlement.first_attempt ? kFirstAttempt : 0) |
            (settlement.was_exception ? kWasException : 0) |
            (settlement.to_dead_letters ? kToDeadLetters : 0) |
            (settlement.emitted.empty() ? 0 : kHasEmitted));
  wire.Byte(static_cast<uint8_t>(settlement.reason) |
            static_cast<uint8_t>(settlement.client_outcome) << kClientOutcomeShift |
            (same_hash ? kSameContentHash : 0) | (no_attempt ? kNoAttempt : 0));
  wire.Signed(static_cast<int64_t>(settlement.ref.target - before.ref.target));
  wire.Varint(settlement.ref.event.bus.value());
  wire.Signed(static_cast<int64_t>(settlement.ref.event.sequence - before.ref.event.sequence));
  if (!no_attempt) {
    wire.Varint(settlement.boot.value());
    wire.Fixed64(settlement.token);
    if (!same_hash) wire.Fixed64(settlement.content_hash);
  }
  if (!settlement.emitted.empty()) PutEmitted(settlement.emitted, wire);
}

SettlementRecord GetSettlement(const SettlementRecord& before, WireReader& in) {
  SettlementRecord settlement;
  const uint8_t flags = in.Byte();
  const uint8_t more = in.Byte();
  settlement.outcome = static_cast<Outcome>(flags & kOutcomeMask);
  settlement.attempt_counted = (flags & kAttemptCounted) != 0;
  settlement.first_attempt = (flags & kFirstAttempt) != 0;
  settlement.was_exception = (flags & kWasException) != 0;
  settlement.to_dead_letters = (flags & kToDeadLetters) != 0;
  settlement.reason = static_cast<FailureReason>(more & kReasonMask);
  const uint8_t client_outcome = (more >> kClientOutcomeShift) & 7;
  settlement.client_outcome = static_cast<ClientOutcome>(client_outcome);
  if (settlement.outcome < Outcome::kAcked || settlement.outcome > Outcome::kDiscarded ||
      settlement.reason > FailureReason::kTargetMissing ||
      settlement.client_outcome > ClientOutcome::kReleased) {
    in.Fail();
  }
  settlement.ref.target = before.ref.target + static_cast<uint64_t>(in.Signed());
  settlement.ref.event.bus = BusId(in.Varint());
  settlement.ref.event.sequence = before.ref.event.sequence + static_cast<uint64_t>(in.Signed());
  if ((more & kNoAttempt) == 0) {
    settlement.boot = BootNumber(static_cast<uint32_t>(in.Varint()));
    settlement.token = in.Fixed64();
    settlement.content_hash = (more & kSameContentHash) != 0 ? before.content_hash : in.Fixed64();
  }
  if ((flags & kHasEmitted) != 0) settlement.emitted = GetEmitted(in);
  return settlement;
}

void PutSettlements(const std::vector<SettlementRecord>& settlements, WireWriter& wire) {
  wire.Varint(settlements.size());
  const SettlementRecord none;
  const SettlementRecord* before = &none;
  for (const SettlementRecord& settlement : settlements) {
    PutSettlement(settlement, *before, wire);
    before = &settlement;
  }
}

void GetSettlements(WireReader& in, std::vector<SettlementRecord>& settlements) {
  const size_t count = in.Count(5);
  settlements.reserve(count);
  const SettlementRecord none;
  for (size_t i = 0; i < count && in.ok(); ++i) {
    settlements.push_back(GetSettlement(i == 0 ? none : settlements.back(), in));
  }
}

// ---- exceptions, dead letters, catalog

void PutExceptions(const CommitRecord& commit, WireWriter& wire) {
  wire.Varint(commit.exceptions.size());
  for (const auto& exception : commit.exceptions) wire.Bytes(SerializeException(exception));
  wire.Varint(commit.exceptions_erased.size());
  for (const auto& exception : commit.exceptions_erased) {
    wire.Varint(exception.ref.target.value());
    PutEvent(exception.ref.event, wire);
    wire.Signed(exception.due_us);
  }
}

void GetExceptions(WireReader& in, CommitRecord& commit) {
  commit.exceptions.resize(in.Count());
  for (auto& exception : commit.exceptions) {
    if (!ParseException(in.Bytes(), exception)) return in.Fail();
  }
  commit.exceptions_erased.resize(in.Count(4));
  for (auto& exception : commit.exceptions_erased) {
    exception.ref.target = TargetId(in.Varint());
    exception.ref.event = GetEvent(in);
    exception.due_us = in.Signed();
  }
}

void PutDeadLetters(const CommitRecord& commit, WireWriter& wire) {
  wire.Varint(commit.dead_letters.size());
  for (const auto& letter : commit.dead_letters) wire.Bytes(SerializeDeadLetter(letter));
  wire.Varint(commit.dead_letters_erased.size());
  for (const auto& letter : commit.dead_letters_erased) {
    wire.Varint(letter.id);
    wire.Varint(letter.ref.target.value());
    PutEvent(letter.ref.event, wire);
  }
}

void GetDeadLetters(WireReader& in, CommitRecord& commit) {
  commit.dead_letters.resize(in.Count());
  for (auto& letter : commit.dead_letters) {
    if (!ParseDeadLetter(in.Bytes(), letter)) return in.Fail();
  }
  commit.dead_letters_erased.resize(in.Count(4));
  for (auto& letter : commit.dead_letters_erased) {
    letter.id = in.Varint();
    letter.ref.target = TargetId(in.Varint());
    letter.ref.event = GetEvent(in);
  }
}

void PutCatalog(const std::vector<CatalogChange>& changes, WireWriter& wire) {
  wire.Varint(changes.size());
  for (const CatalogChange& change : changes) {
    wire.Byte(static_cast<uint8_t>(change.kind));
    wire.Varint(change.id);
    wire.Byte(change.erased ? 1 : 0);
    wire.Bytes(change.bytes);
  }
}

void GetCatalog(WireReader& in, std::vector<CatalogChange>& changes) {
  changes.resize(in.Count(4));
  for (CatalogChange& change : changes) {
    change.kind = static_cast<CatalogChange::Kind>(in.Byte());
    change.id = in.Varint();
    change.erased = in.Byte() != 0;
    change.bytes = std::string(in.Bytes());
  }
}

// ---- ordering keys

// Calls visit(event index, target index, hash) for each delivery that has a key.
template <typename Visit>
void ForEachKey(const std::vector<AppendedEvent>& events, Visit&& visit) {
  for (size_t i = 0; i < events.size(); ++i) {
    for (size_t k = 0; k < events[i].key_hashes.size(); ++k) {
      if (events[i].key_hashes[k] != 0) visit(i, k, events[i].key_hashes[k]);
    }
  }
}

bool PutKeys(const CommitRecord& commit, WireWriter& wire) {
  const auto& erased = commit.dead_letters_erased;
  const auto unblocks = [](const DeadLetterRecord& letter) { return letter.blocks_key; };
  size_t keys = 0;
  ForEachKey(commit.events, [&](size_t, size_t, uint64_t) { ++keys; });
  const auto blocking = std::count_if(erased.begin(), erased.end(), unblocks);
  if (keys == 0 && blocking == 0) return false;
  wire.Varint(keys);
  ForEachKey(commit.events, [&](size_t event, size_t target, uint64_t hash) {
    wire.Varint(event);
    wire.Varint(target);
    wire.Fixed64(hash);
  });
  wire.Varint(blocking);
  for (size_t i = 0; i < erased.size(); ++i) {
    if (!unblocks(erased[i])) continue;
    wire.Varint(i);
    wire.Fixed64(erased[i].key_hash);
  }
  return true;
}

void GetKeys(WireReader& in, WithEvents with_events, CommitRecord& commit) {
  for (size_t left = in.Count(10); left > 0 && in.ok(); --left) {
    const uint64_t event = in.Varint();
    const uint64_t target = in.Varint();
    const uint64_t hash = in.Fixed64();
    if (with_events == WithEvents::kNo) continue;
    if (event >= commit.events.size()) return in.Fail();
    AppendedEvent& appended = commit.events[event];
    if (target >= appended.targets.size()) return in.Fail();
    appended.key_hashes.resize(appended.targets.size());
    appended.key_hashes[target] = hash;
  }
  for (size_t left = in.Count(9); left > 0 && in.ok(); --left) {
    const uint64_t index = in.Varint();
    const uint64_t hash = in.Fixed64();
    if (index >= commit.dead_letters_erased.size()) return in.Fail();
    commit.dead_letters_erased[index].blocks_key = true;
    commit.dead_letters_erased[index].key_hash = hash;
  }
}

// ---- scheduled events

bool PutScheduled(const CommitRecord& commit, WireWriter& wire) {
  if (commit.scheduled.empty() && commit.scheduled_erased.empty()) return false;
  wire.Varint(commit.scheduled.size());
  for (const ScheduledEvent& scheduled : commit.scheduled) {
    wire.Bytes(SerializeScheduled(scheduled));
  }
  wire.Varint(commit.scheduled_erased.size());
  for (const ScheduledEvent& scheduled : commit.scheduled_erased) {
    wire.Varint(scheduled.id);
    wire.Signed(scheduled.due_us);
  }
  return true;
}

void GetScheduled(WireReader& in, CommitRecord& commit) {
  commit.scheduled.resize(in.Count());
  for (ScheduledEvent& scheduled : commit.scheduled) {
    if (!ParseScheduled(in.Bytes(), scheduled)) return in.Fail();
  }
  commit.scheduled_erased.resize(in.Count(2));
  for (ScheduledEvent& scheduled : commit.scheduled_erased) {
    scheduled.id = in.Varint();
    scheduled.due_us = in.Signed();
  }
}

// ---- fills

bool PutFills(const std::vector<FillRecord>& fills, WireWriter& wire) {
  if (fills.empty()) return false;
  wire.Varint(fills.size());
  for (const FillRecord& fill : fills) {
    wire.Varint(fill.target.value());
    AppendFill(fill, wire);
  }
  return true;
}

void GetFills(WireReader& in, std::vector<FillRecord>& fills) {
  fills.resize(in.Count(5));
  for (FillRecord& fill : fills) {
    fill.target = TargetId(in.Varint());
    ReadFill(in, fill);
  }
}

CommitTimes GetTimes(WireReader& in) {
  CommitTimes times;
  times.time_us = in.Signed();
  times.catalog_version = CatalogVersion(in.Varint());
  return times;
}

}  // namespace

uint8_t AppendCommit(const CommitRecord& commit, std::string& out) {
  WireWriter wire(out);
  wire.Signed(commit.time_us);
  wire.Varint(commit.catalog_version.value());
  PutDispatch(commit.events, wire);
  PutSettlements(commit.settlements, wire);
  PutExceptions(commit, wire);
  PutDeadLetters(commit, wire);
  PutCatalog(commit.catalog, wire);
  uint8_t flags = 0;
  if (PutKeys(commit, wire)) flags |= kKeyed;
  if (PutScheduled(commit, wire)) flags |= kScheduled;
  if (PutFills(commit.fills, wire)) flags |= kFills;
  return flags;
}

absl::StatusOr<CommitRecord> DecodeCommit(absl::string_view family, absl::string_view key,
                                          absl::string_view value, WithEvents with_events) {
  ASSIGN_OR_RETURN(const Opened opened, OpenEnvelope(family, key, value));
  WireReader in(opened.payload);
  CommitRecord commit;
  commit.position = Position(ReadKey64(key, 0));
  const CommitTimes times = GetTimes(in);
  commit.time_us = times.time_us;
  commit.catalog_version = times.catalog_version;
  if (with_events == WithEvents::kYes) {
    GetDispatch(commit.time_us, in, commit.events);
  } else {
    SkipDispatch(in);
  }
  GetSettlements(in, commit.settlements);
  GetExceptions(in, commit);
  GetDeadLetters(in, commit);
  GetCatalog(in, commit.catalog);
  if ((opened.flags & kKeyed) != 0) GetKeys(in, with_events, commit);
  if ((opened.flags & kScheduled) != 0) GetScheduled(in, commit);
  if ((opened.flags & kFills) != 0) GetFills(in, commit.fills);
  if (!in.done()) return CorruptRecord(family, key, "it does not decode");
  return commit;
}

absl::StatusOr<CommitTimes> DecodeCommitTimes(absl::string_view family, absl::string_view key,
                                              absl::string_view value) {
  ASSIGN_OR_RETURN(const Opened opened, OpenEnvelope(family, key, value));
  WireReader in(opened.payload);
  const CommitTimes times = GetTimes(in);
  if (!in.ok()) return CorruptRecord(family, key, "it does not decode");
  return times;
}

}  // namespace pavane::store
