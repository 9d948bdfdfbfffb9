#include "admin/explain.h"

#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

#include "admin/event_match.h"
#include "admin/explain_tree.h"
#include "admin/kept_event.h"
#include "base/status_macros.h"
#include "event/event_header.h"
#include "event/hashes.h"
#include "event/reason.h"
#include "event/timestamp.h"
#include "ingress/gate.h"
#include "rules/reference_interpreter.h"
#include "store/catalog.h"

namespace pavane::admin {
namespace {

using pavane::admin::v1::Rule;
using pavane::admin::v1::RuleAsOf;

constexpr size_t kCandidatesMax = 100;
constexpr size_t kCandidatesNamed = 10;
// A change of rules is durable within milliseconds, or never.
constexpr int kDurableTriesMax = 1000;
constexpr absl::Duration kDurableTry = absl::Milliseconds(1);

RuleAsOf Show(const Rule* rule) {
  RuleAsOf shown;
  shown.set_state(RuleAsOf::ABSENT);
  if (rule == nullptr) return shown;
  shown.set_state(rule->state() == Rule::DISABLED ? RuleAsOf::DISABLED : RuleAsOf::IN_FORCE);
  shown.set_version(rule->version());
  shown.set_pattern(rule->pattern());
  *shown.mutable_since() = rule->updated_at();
  return shown;
}

absl::Status TooComplex(const absl::Status& status) {
  if (!absl::IsResourceExhausted(status)) return status;
  return event::Invalid(pavane::v1::EVENT_TOO_COMPLEX, status.message());
}

}  // namespace

absl::StatusOr<ingress::RuleSnapshotPtr> Explainer::DurableSnapshot() const {
  for (int i = 0; i < kDurableTriesMax; ++i) {
    ingress::RuleSnapshotPtr snapshot = rules_.snapshot();
    if (snapshot->catalog().version() <= log_.catalog_version()) return snapshot;
    absl::SleepFor(kDurableTry);
  }
  return ingress::Overloaded();
}

absl::StatusOr<event::StoredEventPtr> Explainer::FindById(BusId bus, const Request& request) const {
  ASSIGN_OR_RETURN(const std::vector<Sequence> sequences,
                   log_.FindById(bus, event::HashId(request.event_id()), kCandidatesMax));
  std::vector<event::StoredEventPtr> found;
  std::string candidates;
  for (const Sequence sequence : sequences) {
    const auto stored = log_.ReadEvent({bus, sequence});
    if (!stored.ok()) continue;  // dropped meanwhile
    const auto header = event::ReadEventHeader((*stored)->bytes);
    if (!header.ok() || header->id != request.event_id()) continue;
    if (!request.event_source().empty() && header->source != request.event_source()) continue;
    found.push_back(*stored);
    if (found.size() > kCandidatesNamed) continue;
    absl::StrAppend(&candidates, candidates.empty() ? "" : ", ", sequence.value(), " from ",
                    header->source);
  }
  if (found.empty()) {
    return absl::NotFoundError(
        absl::StrCat("no stored event has the id '", request.event_id().substr(0, 256), "'"));
  }
  if (found.size() > 1) {
    return absl::FailedPreconditionError(absl::StrCat(
        found.size(), " events have the id '", request.event_id().substr(0, 256), "': ", candidates,
        found.size() > kCandidatesNamed ? ", ..." : "", "; name one by its sequence or source"));
  }
  return found.front();
}

absl::StatusOr<event::StoredEventPtr> Explainer::FindStored(BusId bus,
                                                            const Request& request) const {
  switch (request.event_case()) {
    case Request::kSequence:
      return ReadKeptEvent(log_, {bus, Sequence(request.sequence())},
                           ingress::BusNameOrDefault(request.bus()));
    case Request::kEventId:
      return FindById(bus, request);
    case Request::kEventJson:
    case Request::kCloudEvent:
      return event::StoredEventPtr();
    case Request::EVENT_NOT_SET:
      break;
  }
  return absl::InvalidArgumentError(
      "say which event: sequence, event_id, event_json or cloud_event");
}

absl::StatusOr<RuleAsOf> Explainer::RuleThen(const store::RuleEntryPtr& now, BusId bus,
                                             const std::string& name,
                                             const event::StoredEvent& event) const {
  ASSIGN_OR_RETURN(const store::Log::RuleAsOf then,
                   log_.ReadRuleAsOf(bus, name, event.catalog_version));
  Rule rule;
  bool exists = now != nullptr;
  if (then.changed_since) {
    exists = then.entry.has_value();
    if (exists) {
      ASSIGN_OR_RETURN(const store::RuleEntry entry, store::DecodeRule(*then.entry));
      rule = entry.rule;
    }
  } else if (exists) {
    rule = now->rule;
  }
  // Without a history a definition older than the event is the one that judged it.
  if (!then.known && (!exists || event.accepted_us <= event::ToMicros(rule.updated_at()))) {
    RuleAsOf unknown;
    unknown.set_state(RuleAsOf::UNKNOWN);
    return unknown;
  }
  return Show(exists ? &rule : nullptr);
}

absl::Status Explainer::ExplainPattern(const std::string& text, const event::EventView& view,
                                       Response* response) const {
  ASSIGN_OR_RETURN(const auto pattern, rules::Pattern::Parse(text, rules_.options().pattern));
  rules::ExplainOptions options;
  options.matcher = rules_.options().matcher;
  auto explained = rules::Explain(*pattern, view, options);
  if (!explained.ok()) return TooComplex(explained.status());
  response->set_matched(explained->verdict == rules::Explanation::Verdict::kMatches);
  if (explained->verdict == rules::Explanation::Verdict::kTooComplex) {
    *response->mutable_error() =
        event::ToError(TooComplex(rules::TooComplex(options.matcher.steps_max)));
  }
  *response->mutable_root() = ShowTree(explained->root, pattern->text());
  response->set_multiplied_out(explained->multiplied_out);
  response->set_combinations(static_cast<uint32_t>(explained->conjunctions));
  return absl::OkStatus();
}

absl::StatusOr<bool> Explainer::Matches(const std::string& pattern,
                                        const event::EventView& view) const {
  ASSIGN_OR_RETURN(const auto parsed, rules::Pattern::Parse(pattern, rules_.options().pattern));
  const auto matches = rules::Interpret(*parsed, view, rules_.options().matcher);
  if (!matches.ok()) return TooComplex(matches.status());
  return *matches;
}

void Explainer::SetMatched(const event::EventView& view, const std::string& explained,
                           const Response& response, RuleAsOf* rule) const {
  if (rule->state() != RuleAsOf::IN_FORCE) return;
  if (rule->pattern() == explained) {
    rule->set_matched(response.matched());
    if (response.has_error()) *rule->mutable_error() = response.error();
    return;
  }
  const absl::StatusOr<bool> matches = Matches(rule->pattern(), view);
  if (matches.ok()) {
    rule->set_matched(*matches);
  } else {
    *rule->mutable_error() = event::ToError(matches.status());
  }
}

absl::Status Explainer::ExplainRule(const ingress::RuleSnapshot& snapshot, const Request& request,
                                    BusId bus, const event::StoredEvent* stored,
                                    const event::EventView& view, Response* response) const {
  const store::RuleEntryPtr now = snapshot.catalog().FindRule(bus, request.rule());
  *response->mutable_now() = Show(now == nullptr ? nullptr : &now->rule);
  bool explains_then = false;
  if (stored != nullptr) {
    ASSIGN_OR_RETURN(*response->mutable_then(), RuleThen(now, bus, request.rule(), *stored));
    explains_then = !request.as_of_now() && response->then().version() > 0;
  }
  response->set_explains_then(explains_then);
  const RuleAsOf& explained = explains_then ? response->then() : response->now();
  if (explained.version() == 0) {
    return absl::NotFoundError(absl::StrCat("no rule '", request.rule().substr(0, 256),
                                            "' on bus '", ingress::BusNameOrDefault(request.bus()),
                                            "'",
                                            stored == nullptr || request.as_of_now()
                                                ? ""
                                                : ", neither now nor when the event was accepted"));
  }
  const std::string pattern = explained.pattern();
  RETURN_IF_ERROR(ExplainPattern(pattern, view, response));
  SetMatched(view, pattern, *response, response->mutable_now());
  if (stored != nullptr) SetMatched(view, pattern, *response, response->mutable_then());
  return absl::OkStatus();
}

absl::StatusOr<Explainer::Response> Explainer::Explain(const Request& request) const {
  if (request.rule().empty() == request.pattern().empty()) {
    return absl::InvalidArgumentError("give the name of a rule or a pattern, one of them");
  }
  ASSIGN_OR_RETURN(const ingress::RuleSnapshotPtr snapshot, DurableSnapshot());
  const absl::string_view bus_name = ingress::BusNameOrDefault(request.bus());
  const ingress::BusRulesPtr bus = snapshot->FindBus(bus_name);
  if (bus == nullptr) return ingress::UnknownBus(bus_name);
  ASSIGN_OR_RETURN(const event::StoredEventPtr stored, FindStored(bus->bus->id, request));
  EventInHand event;
  Response response;
  if (stored != nullptr) {
    RETURN_IF_ERROR(event.SetStored(*stored));
    response.set_bus(std::string(bus_name));
    response.set_sequence(stored->ref.sequence.value());
  } else {
    RETURN_IF_ERROR(request.event_case() == Request::kEventJson
                        ? event.SetJson(request.event_json())
                        : event.SetCloudEvent(request.cloud_event()));
  }
  RETURN_IF_ERROR(
      request.rule().empty()
          ? ExplainPattern(request.pattern(), event.view(), &response)
          : ExplainRule(*snapshot, request, bus->bus->id, stored.get(), event.view(), &response));
  return response;
}

}  // namespace pavane::admin
