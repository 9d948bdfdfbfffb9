#include "tests/crash/store/workload.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

#include "base/random.h"
#include "base/status_macros.h"
#include "store/catalog.h"
#include "store/dedup_index.h"

namespace pavane::testing {
namespace {

using store::CommitBuilder;
using store::CommitRecord;
using store::DeadLetterRecord;
using store::ExceptionRecord;
using store::Log;

constexpr uint64_t kBuses = 2;
constexpr uint64_t kTargetsPerBus = 4;
constexpr uint64_t kEventsMax = 3;  // of a transaction
constexpr TargetId kExceptionTarget(900);
constexpr TargetId kLetterTarget(901);
constexpr uint64_t kEraseBehind = 2 * kWorkloadDepth;
// A published event is repeated up to so many transactions later.
constexpr uint64_t kRepeatBehind = 500;

TargetId TargetOf(BusId bus, uint64_t index) { return TargetId(bus.value() * 100 + index); }

event::EventRef ExceptionEvent(uint64_t n) { return {BusId(1), Sequence(n)}; }

store::RuleEntry MakeRule(uint64_t n) {
  store::RuleEntry rule{RuleId(n), BusId(1), {}, {TargetId(100'000 + n)}};
  rule.rule.set_name(absl::StrCat("rule-", n));
  rule.rule.add_targets()->set_id("t");
  return rule;
}

// The identity of an event of transaction n, spread over all bits.
event::Hash128 IdentityOf(uint64_t n, uint64_t index) {
  const uint64_t high = (n * 8 + index + 1) * 0x9e3779b97f4a7c15;
  return {high, high ^ n};
}

SeededRandom RandomOf(uint64_t seed, uint64_t n) { return SeededRandom(seed * 1'000'003 + n); }

// How many events transaction n has: the first that is drawn.
uint64_t CountEvents(uint64_t seed, uint64_t n) {
  return RandomOf(seed, n).Uniform(kEventsMax + 1);
}

class WorkloadStoreTransaction : public store::Transaction {
 public:
  WorkloadStoreTransaction(uint64_t seed, uint64_t n, WorkloadTransaction what,
                           std::function<void(uint64_t, const absl::Status&)> acknowledged)
      : n_(n), what_(std::move(what)), acknowledged_(std::move(acknowledged)) {
    if (what_.repeat_of == 0) return;
    repeated_bus_ = MakeWorkloadTransaction(seed, what_.repeat_of).events.front().bus;
  }

  absl::Status Prepare(CommitBuilder& commit) override;
  void Complete(const absl::Status& status) override { acknowledged_(n_, status); }

 private:
  const uint64_t n_;
  const WorkloadTransaction what_;
  BusId repeated_bus_;
  const std::function<void(uint64_t, const absl::Status&)> acknowledged_;
};

absl::Status WorkloadStoreTransaction::Prepare(CommitBuilder& commit) {
  std::optional<event::EventRef> first;
  for (size_t i = 0; i < what_.events.size(); ++i) {
    event::StoredEvent event;
    event.ref.bus = what_.events[i].bus;
    event.id_hash = event.dedup_hash = IdentityOf(n_, i);
    event.correlation_hash = {n_, 99};
    event.bytes = what_.events[i].bytes;
    const store::AppendResult result =
        commit.AppendEvent(std::move(event), what_.events[i].targets);
    if (result.duplicate) return absl::InternalError(absl::StrCat("duplicate event of ", n_));
    if (!first.has_value()) first = result.event;
  }
  if (what_.repeat_of != 0) {
    event::StoredEvent event;
    event.ref.bus = repeated_bus_;
    event.dedup_hash = IdentityOf(what_.repeat_of, 0);
    if (!commit.AppendEvent(std::move(event), {}).duplicate) {
      return absl::InternalError(absl::StrCat("event of ", what_.repeat_of, " taken twice"));
    }
  }
  store::SettlementRecord settlement;
  settlement.ref = {kExceptionTarget, ExceptionEvent(n_)};
  settlement.token = n_;
  commit.Settle(settlement);
  if (what_.exception) {
    ExceptionRecord exception;
    exception.ref = {kExceptionTarget, ExceptionEvent(n_)};
    exception.due_us = static_cast<int64_t>(n_);
    commit.PutException(exception);
  }
  if (what_.letter) {
    DeadLetterRecord letter;
    letter.ref = {kLetterTarget, *first};
    letter.error_code = absl::StrCat(n_);
    commit.PutDeadLetter(letter);
  }
  if (what_.rule) commit.ChangeCatalog(EncodeRule(MakeRule(n_)));
  if (what_.erase_of != 0) {
    ExceptionRecord exception;
    exception.ref = {kExceptionTarget, ExceptionEvent(what_.erase_of)};
    exception.due_us = static_cast<int64_t>(what_.erase_of);
    commit.EraseException(exception);
    commit.ChangeCatalog(store::EraseRule(RuleId(what_.erase_of)));
  }
  return absl::OkStatus();
}

// Everything that `count` transactions make.
struct Model {
  std::map<BusId, std::vector<std::string>> events;
  std::map<BusId, std::vector<event::Hash128>> identities;
  std::map<TargetId, std::vector<Sequence>> entries;
  std::map<TargetId, BusId> bus_of;
  std::set<uint64_t> exceptions;
  std::map<uint64_t, event::EventRef> letters;  // by transaction
  std::set<uint64_t> rules;
};

Model MakeModel(uint64_t seed, uint64_t count) {
  Model model;
  for (uint64_t n = 1; n <= count; ++n) {
    const WorkloadTransaction what = MakeWorkloadTransaction(seed, n);
    std::optional<event::EventRef> first;
    for (size_t i = 0; i < what.events.size(); ++i) {
      const WorkloadEvent& event = what.events[i];
      std::vector<std::string>& bus = model.events[event.bus];
      bus.push_back(event.bytes);
      model.identities[event.bus].push_back(IdentityOf(n, i));
      const Sequence sequence(bus.size());
      if (!first.has_value()) first = event::EventRef{event.bus, sequence};
      for (const TargetId target : event.targets) model.entries[target].push_back(sequence);
    }
    if (what.exception) model.exceptions.insert(n);
    if (what.letter) model.letters.emplace(n, *first);
    if (what.rule) model.rules.insert(n);
    model.exceptions.erase(what.erase_of);
    model.rules.erase(what.erase_of);
  }
  return model;
}

template <typename... Parts>
absl::Status Different(const Parts&... parts) {
  return absl::InternalError(absl::StrCat(parts...));
}

absl::Status CheckEvents(const Log& log, const Model& model) {
  for (uint64_t b = 1; b <= kBuses; ++b) {
    const BusId bus(b);
    const auto found = model.events.find(bus);
    const size_t count = found == model.events.end() ? 0 : found->second.size();
    const auto [first, last] = log.EventRange(bus);
    ASSIGN_OR_RETURN(const Sequence next_by_time, log.FindByTime(bus, INT64_MAX));
    if (next_by_time.value() != count + 1) {
      return Different("bus ", b, " goes on with ", next_by_time.value(), ", not ", count + 1);
    }
    if (!first) continue;  // all dropped
    if (last.value() != count) return Different("bus ", b, " ends at ", last.value());
    for (Sequence at = first; at <= last;) {
      ASSIGN_OR_RETURN(const auto events, log.ReadEvents(bus, at, false, 1000, 1 << 20));
      if (events.empty()) return Different("bus ", b, " has no event ", at.value());
      for (const event::StoredEventPtr& event : events) {
        if (event->ref.sequence != at) return Different("bus ", b, " skips ", at.value());
        if (event->bytes != found->second[at.value() - 1]) {
          return Different("event ", at.value(), " of bus ", b, " is another");
        }
        ++at;
      }
    }
  }
  return absl::OkStatus();
}

absl::Status CheckEntries(const Log& log, const Model& model) {
  ASSIGN_OR_RETURN(const Log::Checkpoint checkpoint, log.ReadCheckpoint());
  std::map<TargetId, Sequence> watermarks;
  for (const store::TargetState& state : checkpoint.targets) {
    watermarks[state.target] = state.watermark;
  }
  for (const auto& [target, entries] : model.entries) {
    const Sequence watermark = watermarks[target];
    std::vector<store::TargetEntry> expected;
    for (const Sequence entry : entries) {
      if (entry > watermark) expected.push_back({entry, 0});
    }
    ASSIGN_OR_RETURN(const std::vector<store::TargetEntry> found,
                     log.ReadTargetEntries(target, watermark, SIZE_MAX));
    if (found != expected) {
      return Different("target ", target.value(), " has ", found.size(), " entries after ",
                       watermark.value(), ", not ", expected.size());
    }
  }
  return absl::OkStatus();
}

// As a start finds them: dropped events' too.
absl::Status CheckIdentities(Log& log, const Model& model) {
  const int64_t now_us = log.last_time_us();
  for (const auto& [bus, identities] : model.identities) {
    RETURN_IF_ERROR(log.LoadDedup(bus, store::DedupPolicy(), now_us));
    for (size_t i = 0; i < identities.size(); ++i) {
      ASSIGN_OR_RETURN(const auto first, log.dedup(bus).Find(identities[i], now_us));
      if (!first.has_value() || first->sequence != Sequence(i + 1)) {
        return Different("the identity of event ", i + 1, " of bus ", bus.value(), " is ",
                         first.has_value() ? "another's" : "forgotten");
      }
    }
  }
  return absl::OkStatus();
}

absl::Status CheckExceptions(const Log& log, const Model& model) {
  ASSIGN_OR_RETURN(const auto exceptions,
                   log.ReadExceptions(kExceptionTarget, std::nullopt, SIZE_MAX));
  std::set<uint64_t> found;
  for (const ExceptionRecord& exception : exceptions) found.insert(exception.due_us);
  if (found != model.exceptions) {
    return Different("there are ", found.size(), " exceptions, not ", model.exceptions.size());
  }
  return absl::OkStatus();
}

absl::Status CheckLetters(const Log& log, const Model& model) {
  std::map<uint64_t, event::EventRef> found;
  absl::Status status;
  const auto visit = [&](const DeadLetterRecord& letter) {
    uint64_t n = 0;
    if (!absl::SimpleAtoi(letter.error_code, &n)) status = Different("a letter of nobody");
    found.emplace(n, letter.ref.event);
    const auto event = log.ReadEvent(letter.ref.event);
    const std::string bytes = event.ok() ? (*event)->bytes : letter.event_bytes;
    const auto bus = model.events.find(letter.ref.event.bus);
    if (bus == model.events.end() || bus->second.size() < letter.ref.event.sequence.value() ||
        bytes != bus->second[letter.ref.event.sequence.value() - 1]) {
      status = Different("letter ", n, " has lost its event");
    }
    return status.ok();
  };
  RETURN_IF_ERROR(log.VisitDeadLetters(std::nullopt, kLetterTarget, visit));
  RETURN_IF_ERROR(status);
  if (found != model.letters) {
    return Different("there are ", found.size(), " letters, not ", model.letters.size());
  }
  if (log.dead_letter_count(kLetterTarget) != found.size()) {
    return Different("letters are counted as ", log.dead_letter_count(kLetterTarget), ", not ",
                     found.size());
  }
  return absl::OkStatus();
}

absl::Status CheckCatalog(const Log& log, const Model& model) {
  ASSIGN_OR_RETURN(const auto entries, log.ReadCatalog());
  ASSIGN_OR_RETURN(const auto catalog, store::Catalog().Apply(entries, log.catalog_version()));
  std::set<uint64_t> found;
  for (const auto& rule : catalog->Rules(BusId(1), "", SIZE_MAX)) found.insert(rule->id.value());
  if (found != model.rules) {
    return Different("there are ", found.size(), " rules, not ", model.rules.size());
  }
  return absl::OkStatus();
}

// The settlements of the commits that are kept: an unbroken row that ends at `count`.
absl::Status CheckSettlements(const Log& log, uint64_t count) {
  uint64_t next = 0;
  RETURN_IF_ERROR(log.ReplayCommits(Position(), [&](const CommitRecord& commit) -> absl::Status {
    for (const store::SettlementRecord& settlement : commit.settlements) {
      if (next == 0) next = settlement.token;
      if (settlement.token != next) {
        return Different("settlement ", settlement.token, " follows ", next - 1);
      }
      ++next;
    }
    return absl::OkStatus();
  }));
  if (count != 0 && next != count + 1) return Different("settlements end at ", next - 1);
  return absl::OkStatus();
}

}  // namespace

WorkloadTransaction MakeWorkloadTransaction(uint64_t seed, uint64_t n) {
  SeededRandom random = RandomOf(seed, n);
  WorkloadTransaction what;
  const uint64_t events = random.Uniform(kEventsMax + 1);
  for (uint64_t i = 0; i < events; ++i) {
    WorkloadEvent event;
    event.bus = BusId(1 + random.Uniform(kBuses));
    event.bytes = absl::StrCat("transaction ", n, " event ", i, " ");
    // Some blocks compress, some do not, a few are large.
    const uint64_t size = random.Uniform(50) == 0 ? 20'000 : random.Uniform(700);
    const bool noise = random.Uniform(2) == 0;
    while (event.bytes.size() < size) {
      event.bytes.push_back(noise ? static_cast<char>(random.Uint64()) : 'x');
    }
    for (uint64_t t = 0; t < kTargetsPerBus; ++t) {
      if (random.Uniform(3) == 0) event.targets.push_back(TargetOf(event.bus, t));
    }
    what.events.push_back(std::move(event));
  }
  what.exception = random.Uniform(3) == 0;
  what.letter = events > 0 && random.Uniform(5) == 0;
  what.rule = random.Uniform(20) == 0;
  if (n > kEraseBehind && random.Uniform(2) == 0) what.erase_of = n - kEraseBehind;
  if (n > 1 && random.Uniform(4) == 0) {
    const uint64_t earlier = n - 1 - random.Uniform(std::min(n - 1, kRepeatBehind));
    if (CountEvents(seed, earlier) > 0) what.repeat_of = earlier;
  }
  return what;
}

std::unique_ptr<store::Transaction> MakeStoreTransaction(
    uint64_t seed, uint64_t n, std::function<void(uint64_t n, const absl::Status&)> acknowledged) {
  return std::make_unique<WorkloadStoreTransaction>(seed, n, MakeWorkloadTransaction(seed, n),
                                                    std::move(acknowledged));
}

void Upkeep::OnCommit(const std::shared_ptr<const CommitRecord>& commit) {
  if (!status_.ok()) return;
  SeededRandom random(seed_ * 7919 + commit->position.value());
  if (random.Uniform(8) == 0) status_ = Checkpoint(*commit, random.Uint64());
  if (!status_.ok() || random.Uniform(16) != 0) return;
  const BusId bus(1 + random.Uniform(kBuses));
  const auto [first, last] = log_.EventRange(bus);
  if (!first) return;
  status_ = log_.DropEvents(bus, first + random.Uniform(1 + (last - first) / 2)).status();
}

absl::Status Upkeep::Checkpoint(const CommitRecord& commit, uint64_t chance) {
  ASSIGN_OR_RETURN(const Log::Checkpoint before, log_.ReadCheckpoint());
  // A checkpoint is of some commits ago, as the delivery loops are.
  Position position = commit.position - std::min<uint64_t>(commit.position.value(), chance % 4);
  position = std::max(position, before.position);
  std::map<TargetId, Sequence> watermarks;
  for (const store::TargetState& state : before.targets) watermarks[state.target] = state.watermark;
  std::vector<store::TargetState> dirty;
  for (uint64_t b = 1; b <= kBuses; ++b) {
    for (uint64_t t = 0; t < kTargetsPerBus; ++t) {
      if ((chance >> (8 + b * 8 + t) & 1) == 0) continue;
      store::TargetState state;
      state.target = TargetOf(BusId(b), t);
      state.bus = BusId(b);
      const Sequence before_us = watermarks[state.target];
      ASSIGN_OR_RETURN(const auto entries, log_.ReadTargetEntries(state.target, before_us, 50));
      // Only what was dispatched as of the position can be settled; half of it is surely older.
      state.watermark = entries.size() < 20 ? before_us : entries[entries.size() / 4].sequence;
      dirty.push_back(state);
    }
  }
  const bool prune = seed_ % 2 == 1;
  const int64_t keep_from_us = prune ? commit.time_us - 20'000 : 0;
  return log_.WriteCheckpoint(position, dirty, {}, keep_from_us);
}

absl::StatusOr<uint64_t> CountTransactions(const Log& log) {
  if (!log.last_position()) return 0;
  uint64_t count = 0;
  RETURN_IF_ERROR(log.ReplayCommits(log.last_position() - 1, [&](const CommitRecord& commit) {
    for (const store::SettlementRecord& settlement : commit.settlements) count = settlement.token;
    return absl::OkStatus();
  }));
  return count;
}

store::UpkeepOptions EagerUpkeep() {
  store::UpkeepOptions options;
  options.dedup_segment_ids = 100;
  options.merge_block_bytes = 4000;
  options.merge_runs = 3;
  options.run_entries_small = 200;
  options.piece_bytes = 500;
  return options;
}

absl::Status CheckContent(Log& log, uint64_t seed, uint64_t count) {
  const Model model = MakeModel(seed, count);
  RETURN_IF_ERROR(CheckEvents(log, model));
  RETURN_IF_ERROR(CheckEntries(log, model));
  RETURN_IF_ERROR(CheckIdentities(log, model));
  RETURN_IF_ERROR(CheckExceptions(log, model));
  RETURN_IF_ERROR(CheckLetters(log, model));
  RETURN_IF_ERROR(CheckCatalog(log, model));
  return CheckSettlements(log, count);
}

}  // namespace pavane::testing
