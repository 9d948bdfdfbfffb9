#include "admin/preview.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

#include "admin/event_match.h"
#include "admin/rule_plan.h"
#include "base/status_macros.h"
#include "event/timestamp.h"
#include "event/view_buffer.h"

namespace pavane::admin {
namespace {

using pavane::admin::v1::PreviewRuleRequest;
using pavane::admin::v1::PreviewRuleResponse;
using pavane::admin::v1::Rule;

// One step: what the pool's thread does before others have a turn.
constexpr size_t kPieceEvents = 4096;
constexpr size_t kPieceBytes = 4 << 20;
constexpr uint32_t kSampleDefault = 10;
constexpr uint32_t kSampleMax = 100;
// Of all events shown: a client's message may have 4 MiB.
constexpr size_t kSampleBytesMax = 2 << 20;

// Ids in the run's matcher.
constexpr rules::RuleId kDraft = 1;
constexpr rules::RuleId kReplaced = 2;

// Judges events of one piece and writes down what was found.
class Piece {
 public:
  Piece(PreviewRun* run, PreviewRuleResponse* response) : run_(*run), response_(*response) {}

  void Judge(const event::StoredEvent& event) {
    PreviewRuleResponse& totals = run_.totals;
    totals.set_events(totals.events() + 1);
    const auto view = buffer_.FillStored(event);
    if (!view.ok() || !run_.matcher->Match(*view, &matched_).ok()) {
      totals.set_too_complex(totals.too_complex() + 1);
      return;
    }
    if (matched_.empty()) return;
    const bool draft = matched_.front() == kDraft;
    const bool before = matched_.back() == kReplaced;
    const uint64_t sequence = event.ref.sequence.value();
    bool shown = false;
    if (draft) {
      totals.set_matched(totals.matched() + 1);
      if (run_.list_sequences) response_.add_matched_sequences(sequence);
      shown = Take(&run_.matched_left);
    }
    if (run_.compares && draft && !before) {
      totals.set_newly_matched(totals.newly_matched() + 1);
      if (run_.list_sequences) response_.add_newly_matched_sequences(sequence);
      shown = Take(&run_.newly_matched_left) || shown;
    }
    if (before && !draft) {
      totals.set_no_longer_matched(totals.no_longer_matched() + 1);
      if (run_.list_sequences) response_.add_no_longer_matched_sequences(sequence);
      shown = Take(&run_.no_longer_matched_left) || shown;
    }
    if (shown) Show(event, draft, before);
  }

 private:
  static bool Take(uint32_t* left) {
    if (*left == 0) return false;
    --*left;
    return true;
  }

  void Show(const event::StoredEvent& event, bool draft, bool before) {
    if (event.bytes.size() > run_.sample_bytes_left) return;
    run_.sample_bytes_left -= event.bytes.size();
    PreviewRuleResponse::Sample& sample = *response_.add_samples();
    *sample.mutable_event() = ShowEvent(*run_.catalog, run_.bus_name, event);
    sample.set_matched(draft);
    sample.set_matched_before(before);
  }

  PreviewRun& run_;
  PreviewRuleResponse& response_;
  event::ViewBuffer buffer_;
  std::vector<rules::RuleId> matched_;
};

}  // namespace

absl::Status Previewer::SetMatcher(const ingress::RuleSnapshot& snapshot,
                                   const PreviewRuleRequest& request, PreviewRun* run) const {
  const auto& options = rules_.options();
  std::vector<rules::RuleEntry> entries(1);
  entries[0].id = kDraft;
  ASSIGN_OR_RETURN(entries[0].pattern, rules::Pattern::Parse(request.pattern(), options.pattern));
  if (!request.replaces().empty()) {
    ASSIGN_OR_RETURN(const store::RuleEntryPtr rule,
                     FindRule(snapshot.catalog(), request.bus(), request.replaces()));
    run->totals.set_replaces_disabled(rule->rule.state() == Rule::DISABLED);
    if (!run->totals.replaces_disabled()) {
      entries.emplace_back().id = kReplaced;
      ASSIGN_OR_RETURN(entries.back().pattern,
                       rules::Pattern::Parse(rule->rule.pattern(), options.pattern));
    }
  }
  run->matcher = rules::Matcher::Build(entries, options.matcher);
  return absl::OkStatus();
}

absl::Status Previewer::SetRange(const PreviewRuleRequest& request, PreviewRun* run) const {
  const auto [first, last] = log_.EventRange(run->bus);
  run->next = std::max({Sequence(1), first, Sequence(request.from_sequence())});
  run->last = last;
  if (request.has_since()) {
    ASSIGN_OR_RETURN(const Sequence since,
                     log_.FindByTime(run->bus, event::ToMicros(request.since())));
    run->next = std::max(run->next, since);
  }
  if (request.has_until()) {
    ASSIGN_OR_RETURN(const Sequence until,
                     log_.FindByTime(run->bus, event::ToMicros(request.until())));
    run->last = std::min(run->last, until == Sequence() ? until : until - 1);
  }
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<PreviewRun>> Previewer::Start(
    const PreviewRuleRequest& request) const {
  const ingress::RuleSnapshotPtr snapshot = rules_.snapshot();
  const absl::string_view bus_name = ingress::BusNameOrDefault(request.bus());
  const ingress::BusRulesPtr bus = snapshot->FindBus(bus_name);
  if (bus == nullptr) return ingress::UnknownBus(bus_name);
  if (request.sample() > kSampleMax) {
    return absl::InvalidArgumentError(absl::StrCat("sample: at most ", kSampleMax));
  }
  auto run = std::make_unique<PreviewRun>();
  run->catalog = snapshot->catalog_ptr();
  run->bus_name = std::string(bus_name);
  run->bus = bus->bus->id;
  run->events_left = request.events_max() == 0 ? UINT64_MAX : request.events_max();
  run->list_sequences = request.list_sequences();
  run->sample_bytes_left = kSampleBytesMax;
  run->matched_left = request.has_sample() ? request.sample() : kSampleDefault;
  run->compares = !request.replaces().empty();
  run->newly_matched_left = run->no_longer_matched_left = run->compares ? run->matched_left : 0;
  RETURN_IF_ERROR(SetMatcher(*snapshot, request, run.get()));
  RETURN_IF_ERROR(SetRange(request, run.get()));
  run->totals.set_last_sequence(run->last.value());
  return run;
}

absl::StatusOr<PreviewRuleResponse> Previewer::Step(PreviewRun& run) const {
  PreviewRuleResponse found;
  // What fell out of retention meanwhile is passed over.
  run.next = std::max(run.next, log_.EventRange(run.bus).first);
  std::vector<event::StoredEventPtr> events;
  if (run.next <= run.last && run.events_left > 0) {
    const size_t count =
        std::min<uint64_t>({kPieceEvents, run.events_left, run.last - run.next + 1});
    ASSIGN_OR_RETURN(events, log_.ReadEvents(run.bus, run.next, false, count, kPieceBytes));
  }
  Piece piece(&run, &found);
  for (const event::StoredEventPtr& event : events) {
    if (event->ref.sequence > run.last) break;
    piece.Judge(*event);
    --run.events_left;
    run.next = event->ref.sequence.Next();
    run.totals.set_at_sequence(event->ref.sequence.value());
  }
  run.totals.set_done(events.empty() || run.next > run.last || run.events_left == 0);
  found.MergeFrom(run.totals);
  return found;
}

}  // namespace pavane::admin
