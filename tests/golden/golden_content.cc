#include "tests/golden/golden_content.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

#include "base/status_macros.h"
#include "store/catalog.h"
#include "store/record_codec.h"

namespace pavane::testing {
namespace {

using store::CommitRecord;
using store::DeadLetterRecord;
using store::ExceptionRecord;
using store::Log;
using store::SettlementRecord;

constexpr BusId kBus(1);
constexpr BusId kOtherBus(2);
constexpr TargetId kTarget(10);
constexpr TargetId kOtherTarget(11);
constexpr int64_t kStartUs = 1'764'000'000'000'000;
constexpr int kManyEvents = 40;

event::StoredEvent MakeEvent(uint64_t n) {
  event::StoredEvent event;
  event.id_hash = {n, 1};
  event.dedup_hash = event.id_hash;
  event.correlation_hash = {n / 4, 2};
  event.matched_rules = static_cast<uint32_t>(n % 3);
  event.catalog_version = CatalogVersion(3);
  event.bytes = absl::StrCat("event ", n, " ");
  while (event.bytes.size() < 200) event.bytes.push_back('.');
  return event;
}

// An event that uses every optional column.
event::StoredEvent MakeRareEvent(uint64_t n) {
  event::StoredEvent event = MakeEvent(n);
  event.dedup_hash = {n, 3};
  event.hops = 2;
  event.cause = event::EventRef{kOtherBus, Sequence(1)};
  event.catalog_version = CatalogVersion(4);
  return event;
}

store::BusEntry MakeBus() {
  store::BusEntry bus{kBus, {}};
  bus.bus.set_name("default");
  bus.bus.set_description("golden");
  bus.bus.mutable_retention()->set_seconds(86'400);
  return bus;
}

store::RuleEntry MakeRule(uint64_t id) {
  store::RuleEntry rule{RuleId(id), kBus, {}, {TargetId(10 * id), TargetId(10 * id + 1)}};
  rule.rule.set_name(absl::StrCat("rule-", id));
  rule.rule.set_bus("default");
  rule.rule.set_pattern(R"({"detail-type":["BookingCreated"]})");
  rule.rule.set_version(2);
  for (const char* target : {"payment", "seat"}) {
    rule.rule.add_targets()->set_id(target);
    rule.rule.mutable_targets()->rbegin()->set_address(absl::StrCat("service:", target));
  }
  return rule;
}

ExceptionRecord MakeException() {
  ExceptionRecord exception;
  exception.ref = {kTarget, {kBus, Sequence(2)}};
  exception.due_us = kStartUs + 5'000'000;
  exception.kind = ExceptionRecord::Kind::kRedrive;
  exception.attempts = 3;
  exception.releases = 1;
  exception.age_from_us = kStartUs;
  exception.first_attempt_us = kStartUs + 1;
  exception.last_attempt_us = kStartUs + 2;
  exception.redriven = true;
  exception.error_code = "UNAVAILABLE";
  exception.error_message = "caf\xe9";  // not UTF-8
  return exception;
}

DeadLetterRecord MakeLetter(uint64_t id, Sequence sequence) {
  DeadLetterRecord letter;
  letter.id = id;
  letter.ref = {kOtherTarget, {kBus, sequence}};
  letter.reason = store::FailureReason::kRetriesExhausted;
  letter.error_code = "TIMEOUT";
  letter.error_message = "no answer";
  letter.attempts = 186;
  letter.exhausted_condition = "MaximumRetryAttempts";
  letter.first_attempt_us = kStartUs + 1;
  letter.last_attempt_us = kStartUs + 2;
  letter.dead_us = kStartUs + 3;
  letter.bus = "default";
  letter.rule = "rule-1";
  letter.target = "seat";
  letter.target_address = "service:seat";
  letter.event_id = "id";
  letter.event_source = "source";
  letter.event_type = "type";
  letter.correlation_id = "flow";
  return letter;
}

SettlementRecord MakeSettlement() {
  SettlementRecord settlement;
  settlement.ref = {kTarget, {kBus, Sequence(1)}};
  settlement.outcome = store::Outcome::kFailed;
  settlement.reason = store::FailureReason::kRejected;
  settlement.attempt_counted = true;
  settlement.first_attempt = false;
  settlement.was_exception = true;
  settlement.to_dead_letters = true;
  settlement.client_outcome = store::ClientOutcome::kRejected;
  settlement.boot = BootNumber(1);
  settlement.token = 0x0123456789abcdef;
  settlement.content_hash = 0xfedcba9876543210;
  settlement.emitted = {{{kBus, Sequence(4)}, 2, true, "emitted"}};
  return settlement;
}

store::TargetState MakeState() {
  store::TargetState state;
  state.target = kTarget;
  state.bus = kBus;
  state.watermark = Sequence(1);
  state.done = {{Sequence(3), Sequence(5)}, {Sequence(9), Sequence(9)}};
  state.pending = 30;
  state.exceptions = 1;
  state.counters.created = 44;
  state.counters.failed_by_reason = {0, 1, 2, 3, 4, 5, 6};
  state.counters.lost = 7;
  return state;
}

class Filler {
 public:
  explicit Filler(Log& log) : log_(log) {}

  CommitRecord& Begin() {
    commit_ = {};
    commit_.position = log_.last_position().Next();
    commit_.time_us = kStartUs + static_cast<int64_t>(commit_.position.value()) * 1000;
    commit_.catalog_version = CatalogVersion(4);
    return commit_;
  }
  void Add(BusId bus, uint64_t sequence, event::StoredEvent event, std::vector<TargetId> targets) {
    event.ref = {bus, Sequence(sequence)};
    event.accepted_us = commit_.time_us;
    commit_.events.push_back(
        {std::make_shared<const event::StoredEvent>(std::move(event)), std::move(targets)});
  }
  absl::Status Append() { return log_.Append(commit_); }

 private:
  Log& log_;
  CommitRecord commit_;
};

template <typename... Parts>
absl::Status Different(const Parts&... parts) {
  return absl::InternalError(absl::StrCat(parts...));
}

absl::Status CheckEvent(const Log& log, BusId bus, uint64_t sequence,
                        const event::StoredEvent& expected) {
  ASSIGN_OR_RETURN(const auto event, log.ReadEvent({bus, Sequence(sequence)}));
  const bool same = event->bytes == expected.bytes && event->id_hash == expected.id_hash &&
                    event->dedup_hash == expected.dedup_hash &&
                    event->correlation_hash == expected.correlation_hash &&
                    event->matched_rules == expected.matched_rules &&
                    event->hops == expected.hops && event->cause == expected.cause &&
                    event->catalog_version == expected.catalog_version &&
                    event->accepted_us > kStartUs;
  return same ? absl::OkStatus() : Different("event ", sequence, " of bus ", bus.value());
}

absl::Status CheckEvents(const Log& log) {
  // Sequence 1 was dropped.
  if (log.EventRange(kBus) != std::pair(Sequence(2), Sequence(3 + kManyEvents))) {
    return Different("range of the bus");
  }
  RETURN_IF_ERROR(CheckEvent(log, kBus, 2, MakeEvent(2)));
  RETURN_IF_ERROR(CheckEvent(log, kBus, 3, MakeRareEvent(3)));
  for (uint64_t n = 4; n <= 3 + kManyEvents; ++n) {
    RETURN_IF_ERROR(CheckEvent(log, kBus, n, MakeEvent(n)));
  }
  RETURN_IF_ERROR(CheckEvent(log, kOtherBus, 1, MakeEvent(100)));
  ASSIGN_OR_RETURN(const auto by_id, log.FindById(kBus, MakeEvent(9).id_hash, 5));
  if (by_id != std::vector<Sequence>{Sequence(9)}) return Different("look-up by id");
  ASSIGN_OR_RETURN(const auto flow, log.FindByCorrelation(kBus, {2, 2}, 9));
  if (flow.size() != 4 || flow.front() != Sequence(8)) return Different("look-up of a flow");
  return absl::OkStatus();
}

absl::Status CheckQueues(const Log& log) {
  ASSIGN_OR_RETURN(const Log::Checkpoint checkpoint, log.ReadCheckpoint());
  const auto state =
      std::find_if(checkpoint.targets.begin(), checkpoint.targets.end(),
                   [](const store::TargetState& state) { return state.target == kTarget; });
  if (checkpoint.position < Position(3) || state == checkpoint.targets.end() ||
      SerializeTargetState(*state) != SerializeTargetState(MakeState())) {
    return Different("checkpoint");
  }
  // Sequence 2 and 3 are in a run, the others in their commit record (format 1) or runs.
  ASSIGN_OR_RETURN(const auto entries, log.ReadTargetEntries(kTarget, Sequence(1), 1000));
  if (entries.size() != 2 + kManyEvents || entries.front().sequence != Sequence(2)) {
    return Different("entries of the target");
  }
  ASSIGN_OR_RETURN(const auto exceptions, log.ReadExceptions(kTarget, std::nullopt, 10));
  if (exceptions.size() != 1 ||
      SerializeException(exceptions.front()) != SerializeException(MakeException())) {
    return Different("exceptions");
  }
  return absl::OkStatus();
}

absl::Status CheckLetters(const Log& log) {
  if (log.dead_letter_count(kOtherTarget) != 2) return Different("count of letters");
  ASSIGN_OR_RETURN(const DeadLetterRecord letter,
                   log.GetDeadLetter({kOtherTarget, (2ull << 20) + 1}));
  if (SerializeDeadLetter(letter) !=
      SerializeDeadLetter(MakeLetter((2ull << 20) + 1, Sequence(2)))) {
    return Different("letter");
  }
  // Its event is gone from the bus.
  ASSIGN_OR_RETURN(const DeadLetterRecord copied, log.GetDeadLetter({kOtherTarget, 2ull << 20}));
  if (copied.event_bytes != MakeEvent(1).bytes) return Different("copied letter");
  return absl::OkStatus();
}

absl::Status CheckCatalog(const Log& log) {
  ASSIGN_OR_RETURN(const auto entries, log.ReadCatalog());
  ASSIGN_OR_RETURN(const auto catalog, store::Catalog().Apply(entries, log.catalog_version()));
  const store::RuleEntryPtr rule = catalog->FindRule(RuleId(1));
  if (rule == nullptr || rule->rule.SerializeAsString() != MakeRule(1).rule.SerializeAsString() ||
      rule->target_ids != MakeRule(1).target_ids || catalog->rule_count() != 1) {
    return Different("rules");
  }
  if (catalog->FindBus("default")->bus.SerializeAsString() != MakeBus().bus.SerializeAsString()) {
    return Different("bus");
  }
  const store::RuleSetEntryPtr set = catalog->FindRuleSet("payment");
  if (set == nullptr || set->version != 5 || set->content_hash != 99) return Different("rule set");
  if (catalog->next_rule_id() != RuleId(3) || catalog->next_target_id() != TargetId(22)) {
    return Different("next ids");
  }
  if (catalog->version() != CatalogVersion(4)) return Different("catalog version");
  return absl::OkStatus();
}

absl::Status CheckSettlement(const Log& log) {
  std::optional<SettlementRecord> found;
  RETURN_IF_ERROR(log.ReplayCommits(Position(), [&](const CommitRecord& commit) {
    for (const SettlementRecord& settlement : commit.settlements) found = settlement;
    return absl::OkStatus();
  }));
  const SettlementRecord expected = MakeSettlement();
  const bool same =
      found.has_value() && found->ref == expected.ref && found->outcome == expected.outcome &&
      found->reason == expected.reason && found->attempt_counted == expected.attempt_counted &&
      found->first_attempt == expected.first_attempt &&
      found->was_exception == expected.was_exception &&
      found->to_dead_letters == expected.to_dead_letters &&
      found->client_outcome == expected.client_outcome && found->boot == expected.boot &&
      found->token == expected.token && found->content_hash == expected.content_hash &&
      found->emitted.size() == 1 && found->emitted[0].event_id == "emitted" &&
      found->emitted[0].duplicate && found->emitted[0].matched_rules == 2;
  return same ? absl::OkStatus() : Different("settlement");
}

}  // namespace

absl::Status WriteGoldenTables(Log& log) {
  Filler filler(log);
  filler.Begin().catalog = {store::EncodeBus(MakeBus()), store::EncodeRule(MakeRule(1)),
                            store::EncodeRule(MakeRule(2)),
                            store::EncodeRuleSet({"payment", 5, 99, {RuleId(1)}})};
  filler.Add(kBus, 1, MakeEvent(1), {kTarget});
  RETURN_IF_ERROR(filler.Append());

  filler.Begin().catalog = {store::EraseRule(RuleId(2))};
  filler.Add(kBus, 2, MakeEvent(2), {kTarget, kOtherTarget});
  filler.Add(kOtherBus, 1, MakeEvent(100), {});
  filler.Add(kBus, 3, MakeRareEvent(3), {kTarget});
  RETURN_IF_ERROR(filler.Append());

  CommitRecord& third = filler.Begin();
  third.exceptions = {MakeException()};
  third.dead_letters = {MakeLetter(2ull << 20, Sequence(1)),
                        MakeLetter((2ull << 20) + 1, Sequence(2))};
  third.settlements = {MakeSettlement()};
  RETURN_IF_ERROR(filler.Append());
  RETURN_IF_ERROR(log.WriteCheckpoint(Position(3), {MakeState()}, {}, 0));
  return log.DropEvents(kBus, Sequence(2)).status();
}

absl::Status WriteGoldenTail(Log& log) {
  Filler filler(log);
  filler.Begin();
  for (uint64_t n = 4; n <= 3 + kManyEvents; ++n) filler.Add(kBus, n, MakeEvent(n), {kTarget});
  return filler.Append();
}

absl::Status CheckGoldenContent(const Log& log) {
  RETURN_IF_ERROR(CheckEvents(log));
  RETURN_IF_ERROR(CheckQueues(log));
  RETURN_IF_ERROR(CheckLetters(log));
  RETURN_IF_ERROR(CheckCatalog(log));
  return CheckSettlement(log);
}

}  // namespace pavane::testing
