#include "admin/event_admin.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

#include "admin/kept_event.h"
#include "admin/page_token.h"
#include "base/status_macros.h"
#include "event/event_header.h"
#include "event/hashes.h"
#include "event/reason.h"
#include "event/timestamp.h"

namespace pavane::admin {
namespace {

using pavane::admin::v1::GetEventResponse;
using pavane::admin::v1::ListEventsRequest;
using pavane::admin::v1::ListEventsResponse;
using pavane::admin::v1::TestPatternResponse;

constexpr size_t kCandidatesMax = 100;
// What one List or ReadTail call looks at.
constexpr size_t kEventsLookedAtMax = 5'000;
constexpr size_t kBytesMax = 8 << 20;
constexpr size_t kFlowMax = 10'000;
// A tail that is further behind is cut off.
constexpr uint64_t kTailLagMax = 100'000;
constexpr size_t kTailBatchMax = 256;
constexpr size_t kTailBytesMax = 1 << 20;
constexpr int kTestedMax = 1000;

// `status`: whether the event could be taken in hand.
TestPatternResponse::Result Test(const rules::Matcher& matcher, absl::Status status,
                                 const EventInHand& event) {
  TestPatternResponse::Result result;
  if (status.ok()) {
    std::vector<rules::RuleId> matched;
    status = matcher.Match(event.view(), &matched);
    result.set_matched(!matched.empty());
    if (absl::IsResourceExhausted(status)) {
      status = event::Invalid(pavane::v1::EVENT_TOO_COMPLEX, status.message());
    }
  }
  if (!status.ok()) *result.mutable_error() = event::ToError(status);
  return result;
}

}  // namespace

absl::StatusOr<ingress::BusRulesPtr> EventAdmin::FindBus(const std::string& name) const {
  const absl::string_view bus_name = ingress::BusNameOrDefault(name);
  ingress::BusRulesPtr bus = rules_.snapshot()->FindBus(bus_name);
  if (bus == nullptr) return ingress::UnknownBus(bus_name);
  return bus;
}

absl::StatusOr<std::shared_ptr<const rules::Pattern>> EventAdmin::ParsePattern(
    const std::string& text) const {
  if (text.empty()) return std::shared_ptr<const rules::Pattern>();
  return rules::Pattern::Parse(text, rules_.options().pattern);
}

absl::StatusOr<GetEventResponse> EventAdmin::Get(
    const pavane::admin::v1::GetEventRequest& request) const {
  using Request = pavane::admin::v1::GetEventRequest;
  const ingress::RuleSnapshotPtr rules = rules_.snapshot();
  GetEventResponse response;
  if (request.key_case() == Request::kSequence) {
    ASSIGN_OR_RETURN(const ingress::BusRulesPtr bus, FindBus(request.bus()));
    ASSIGN_OR_RETURN(
        const event::StoredEventPtr event,
        ReadKeptEvent(log_, {bus->bus->id, Sequence(request.sequence())}, bus->bus->bus.name()));
    *response.add_events() = ShowEvent(rules->catalog(), bus->bus->bus.name(), *event);
    return response;
  }
  if (request.id().empty()) return absl::InvalidArgumentError("say which event: sequence or id");
  std::vector<store::BusEntryPtr> buses;
  if (request.bus().empty()) {
    buses = rules->catalog().Buses();
  } else {
    ASSIGN_OR_RETURN(const ingress::BusRulesPtr bus, FindBus(request.bus()));
    buses.push_back(bus->bus);
  }
  for (const store::BusEntryPtr& bus : buses) {
    ASSIGN_OR_RETURN(const std::vector<Sequence> sequences,
                     log_.FindById(bus->id, event::HashId(request.id()), kCandidatesMax));
    for (const Sequence sequence : sequences) {
      const auto event = log_.ReadEvent({bus->id, sequence});
      if (!event.ok() || size_t(response.events_size()) == kCandidatesMax) continue;
      const auto header = event::ReadEventHeader((*event)->bytes);
      if (!header.ok() || header->id != request.id()) continue;
      if (!request.source().empty() && header->source != request.source()) continue;
      *response.add_events() = ShowEvent(rules->catalog(), bus->bus.name(), **event);
    }
  }
  if (response.events().empty()) {
    return absl::NotFoundError(absl::StrCat("no stored event has the id '", request.id(), "'"));
  }
  return response;
}

absl::StatusOr<EventSelector> EventAdmin::SelectorOf(const ListEventsRequest& request) const {
  ASSIGN_OR_RETURN(auto pattern, ParsePattern(request.pattern()));
  EventSelector selector;
  selector.type = request.type();
  selector.source = request.source();
  selector.correlation_id = request.correlation_id();
  if (request.has_since()) selector.since_us = event::ToMicros(request.since());
  if (request.has_until()) selector.until_us = event::ToMicros(request.until());
  selector.matcher = MatcherOf(std::move(pattern), rules_.options().matcher);
  return selector;
}

absl::Status EventAdmin::ListFlow(BusId bus, const ListEventsRequest& request, Sequence from,
                                  size_t page_size, const EventSelector& selector,
                                  ListEventsResponse* response) const {
  ASSIGN_OR_RETURN(
      std::vector<Sequence> sequences,
      log_.FindByCorrelation(bus, event::HashCorrelation(request.correlation_id()), kFlowMax));
  if (request.newest_first()) std::reverse(sequences.begin(), sequences.end());
  const ingress::RuleSnapshotPtr rules = rules_.snapshot();
  const std::string name(ingress::BusNameOrDefault(request.bus()));
  for (const Sequence sequence : sequences) {
    if (from && (request.newest_first() ? sequence > from : sequence < from)) continue;
    if (size_t(response->events_size()) == page_size) {
      response->set_next_page_token(EncodePageToken({absl::StrCat(sequence.value())}));
      return absl::OkStatus();
    }
    const auto event = log_.ReadEvent({bus, sequence});
    if (!event.ok() || !selector.Selects(**event)) continue;
    *response->add_events() = ShowEvent(rules->catalog(), name, **event);
  }
  return absl::OkStatus();
}

absl::Status EventAdmin::ListRange(BusId bus, const ListEventsRequest& request, Sequence from,
                                   size_t page_size, const EventSelector& selector,
                                   ListEventsResponse* response) const {
  const bool backwards = request.newest_first();
  const auto [first, last] = log_.EventRange(bus);
  if (!last) return absl::OkStatus();
  Sequence start = from;
  if (!start) {
    start = backwards ? last : first;
    if (!backwards && request.has_since()) {
      ASSIGN_OR_RETURN(const Sequence since, log_.FindByTime(bus, selector.since_us));
      start = std::max(start, since);
    } else if (backwards && request.has_until()) {
      ASSIGN_OR_RETURN(const Sequence until, log_.FindByTime(bus, selector.until_us));
      if (until <= first) return absl::OkStatus();
      start = std::min(start, until - 1);
    }
  }
  if (start > last && !backwards) return absl::OkStatus();
  ASSIGN_OR_RETURN(const auto events,
                   log_.ReadEvents(bus, start, backwards, kEventsLookedAtMax, kBytesMax));
  const ingress::RuleSnapshotPtr rules = rules_.snapshot();
  const std::string name(ingress::BusNameOrDefault(request.bus()));
  for (const event::StoredEventPtr& event : events) {
    if (backwards ? event->accepted_us < selector.since_us
                  : event->accepted_us >= selector.until_us) {
      return absl::OkStatus();
    }
    if (size_t(response->events_size()) == page_size) {
      response->set_next_page_token(EncodePageToken({absl::StrCat(event->ref.sequence.value())}));
      return absl::OkStatus();
    }
    if (selector.Selects(*event))
      *response->add_events() = ShowEvent(rules->catalog(), name, *event);
  }
  if (events.empty()) return absl::OkStatus();
  const Sequence reached = events.back()->ref.sequence;
  if (backwards ? reached > first : reached < last) {
    const Sequence next = backwards ? reached - 1 : reached + 1;
    response->set_next_page_token(EncodePageToken({absl::StrCat(next.value())}));
  }
  return absl::OkStatus();
}

absl::StatusOr<ListEventsResponse> EventAdmin::List(const ListEventsRequest& request) const {
  ASSIGN_OR_RETURN(const size_t page_size, PageSize(request.page_size()));
  ASSIGN_OR_RETURN(const auto token, DecodePageToken(request.page_token(), 1));
  ASSIGN_OR_RETURN(const ingress::BusRulesPtr bus, FindBus(request.bus()));
  ASSIGN_OR_RETURN(const EventSelector selector, SelectorOf(request));
  uint64_t from = request.from_sequence();
  if (!token.empty() && !absl::SimpleAtoi(token[0], &from)) {
    return absl::InvalidArgumentError("page_token is not one that this broker gave for this call");
  }
  ListEventsResponse response;
  RETURN_IF_ERROR(
      request.correlation_id().empty()
          ? ListRange(bus->bus->id, request, Sequence(from), page_size, selector, &response)
          : ListFlow(bus->bus->id, request, Sequence(from), page_size, selector, &response));
  return response;
}

absl::StatusOr<std::unique_ptr<EventTail>> EventAdmin::StartTail(
    const pavane::admin::v1::TailEventsRequest& request) const {
  ASSIGN_OR_RETURN(const ingress::BusRulesPtr bus, FindBus(request.bus()));
  ASSIGN_OR_RETURN(auto pattern, ParsePattern(request.pattern()));
  if (request.last() > 1000) return absl::InvalidArgumentError("last: at most 1,000");
  auto tail = std::make_unique<EventTail>();
  tail->bus = bus->bus->id;
  tail->bus_name = bus->bus->bus.name();
  tail->selector.matcher = MatcherOf(std::move(pattern), rules_.options().matcher);
  const auto [first, last] = log_.EventRange(tail->bus);
  const uint64_t back = std::min<uint64_t>(request.last(), last.value());
  tail->next = std::max(Sequence(1), std::max(first, Sequence(last.value() - back + 1)));
  return tail;
}

absl::StatusOr<std::vector<pavane::admin::v1::StoredEvent>> EventAdmin::ReadTail(
    EventTail& tail, bool* at_end) const {
  const auto [first, last] = log_.EventRange(tail.bus);
  *at_end = true;
  std::vector<pavane::admin::v1::StoredEvent> shown;
  if (tail.next > last) return shown;
  if (last - tail.next > kTailLagMax) {
    return absl::ResourceExhaustedError(absl::StrCat("the reader is ", last - tail.next,
                                                     " events behind; list them with ListEvents"));
  }
  ASSIGN_OR_RETURN(const auto events,
                   log_.ReadEvents(tail.bus, tail.next, false, kTailBatchMax, kTailBytesMax));
  const ingress::RuleSnapshotPtr rules = rules_.snapshot();
  for (const event::StoredEventPtr& event : events) {
    tail.next = event->ref.sequence.Next();
    if (tail.selector.Selects(*event)) {
      shown.push_back(ShowEvent(rules->catalog(), tail.bus_name, *event));
    }
  }
  *at_end = events.empty() || tail.next > last;
  return shown;
}

absl::StatusOr<TestPatternResponse> EventAdmin::TestPattern(
    const pavane::admin::v1::TestPatternRequest& request) const {
  if (request.event_json_size() + request.events_size() > kTestedMax) {
    return event::Invalid(pavane::v1::BATCH_TOO_LARGE,
                          absl::StrCat("at most ", kTestedMax, " events a call"));
  }
  TestPatternResponse response;
  auto pattern = rules::Pattern::Parse(request.pattern(), rules_.options().pattern);
  if (!pattern.ok()) {
    *response.mutable_pattern_error() = event::ToError(pattern.status());
    return response;
  }
  const auto matcher = MatcherOf(*std::move(pattern), rules_.options().matcher);
  EventInHand event;
  for (const std::string& text : request.event_json()) {
    const absl::Status status = event.SetJson(text);
    *response.add_results() = Test(*matcher, status, event);
  }
  for (const event::CloudEvent& cloud_event : request.events()) {
    const absl::Status status = event.SetCloudEvent(cloud_event);
    *response.add_results() = Test(*matcher, status, event);
  }
  return response;
}

}  // namespace pavane::admin
