#include "tests/golden/golden_ordering.h"

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "base/status_macros.h"
#include "store/record_codec.h"

namespace pavane::testing {
namespace {

using store::CommitRecord;
using store::Log;
using store::TargetEntry;

constexpr BusId kOrderedBus(7);
constexpr TargetId kOrdered(70);
constexpr TargetId kUnordered(71);
constexpr int64_t kTimeUs = 1'764'000'100'000'000;
constexpr uint64_t kKey = 0xfedcba9876543210;

CommitRecord MakeCommit(Position position, uint64_t first_sequence) {
  CommitRecord commit;
  commit.position = position;
  commit.time_us = kTimeUs + static_cast<int64_t>(position.value());
  commit.catalog_version = CatalogVersion(4);
  for (uint64_t n = first_sequence; n < first_sequence + 3; ++n) {
    event::StoredEvent event;
    event.ref = {kOrderedBus, Sequence(n)};
    event.accepted_us = commit.time_us;
    event.bytes = "ordered";
    const uint64_t key_hash = n % 2 == 0 ? kKey + n : 0;
    commit.events.push_back({std::make_shared<const event::StoredEvent>(std::move(event)),
                             {kUnordered, kOrdered},
                             {0, key_hash}});
  }
  return commit;
}

store::ExceptionRecord MakeOrderedException() {
  store::ExceptionRecord exception;
  exception.ref = {kOrdered, {kOrderedBus, Sequence(2)}};
  exception.due_us = kTimeUs + 10;
  exception.kind = store::ExceptionRecord::Kind::kRedrive;
  exception.redriven = true;
  exception.key_hash = kKey + 2;
  exception.in_order = true;
  exception.event_accepted_us = kTimeUs;
  exception.event_bytes = "a copy";
  return exception;
}

store::DeadLetterRecord MakeBlockingLetter() {
  store::DeadLetterRecord letter;
  letter.id = 5ull << 20;
  letter.ref = {kOrdered, {kOrderedBus, Sequence(2)}};
  letter.reason = store::FailureReason::kRejected;
  letter.key_hash = kKey + 2;
  letter.blocks_key = true;
  return letter;
}

store::TargetState MakeOrderedState() {
  store::TargetState state;
  state.target = kOrdered;
  state.bus = kOrderedBus;
  state.pending = 3;
  state.blocked = {{kKey + 2, Sequence(2)}};
  return state;
}

absl::Status Different(const char* what) { return absl::InternalError(what); }

}  // namespace

absl::Status WriteGoldenOrdering(Log& log) {
  // Three entries in a run, three in their commit record.
  CommitRecord fifth = MakeCommit(log.last_position().Next(), 1);
  fifth.exceptions = {MakeOrderedException()};
  fifth.dead_letters = {MakeBlockingLetter()};
  RETURN_IF_ERROR(log.Append(fifth));
  RETURN_IF_ERROR(log.WriteCheckpoint(fifth.position, {MakeOrderedState()}, {}, 0));
  CommitRecord sixth = MakeCommit(log.last_position().Next(), 4);
  sixth.dead_letters_erased = {MakeBlockingLetter()};
  return log.Append(sixth);
}

absl::Status CheckGoldenOrdering(const Log& log) {
  ASSIGN_OR_RETURN(const auto entries, log.ReadTargetEntries(kOrdered, Sequence(), 10));
  const std::vector<TargetEntry> expected = {{Sequence(1), 0}, {Sequence(2), kKey + 2},
                                             {Sequence(3), 0}, {Sequence(4), kKey + 4},
                                             {Sequence(5), 0}, {Sequence(6), kKey + 6}};
  if (entries != expected) return Different("entries of the ordered target");
  ASSIGN_OR_RETURN(const auto plain, log.ReadTargetEntries(kUnordered, Sequence(1), 2));
  if (plain != std::vector<TargetEntry>{{Sequence(2), 0}, {Sequence(3), 0}}) {
    return Different("entries of the unordered target");
  }
  ASSIGN_OR_RETURN(const auto exceptions, log.ReadExceptions(kOrdered, std::nullopt, 10));
  if (exceptions.size() != 1 ||
      SerializeException(exceptions.front()) != SerializeException(MakeOrderedException())) {
    return Different("exception with a key");
  }
  ASSIGN_OR_RETURN(const Log::Checkpoint checkpoint, log.ReadCheckpoint());
  for (const store::TargetState& state : checkpoint.targets) {
    if (state.target == kOrdered &&
        SerializeTargetState(state) != SerializeTargetState(MakeOrderedState())) {
      return Different("state of the ordered target");
    }
  }
  bool unblocked = false;
  RETURN_IF_ERROR(log.ReplayCommits(Position(5), [&](const CommitRecord& commit) {
    for (const auto& letter : commit.dead_letters_erased) {
      unblocked = letter.blocks_key && letter.key_hash == kKey + 2;
    }
    return absl::OkStatus();
  }));
  return unblocked ? absl::OkStatus() : Different("erased letter with a key");
}

}  // namespace pavane::testing
