#include "admin/event_match.h"

#include <utility>
#include <vector>

#include "base/status_macros.h"
#include "event/event_header.h"
#include "event/json.h"
#include "event/reason.h"
#include "event/validate.h"

namespace pavane::admin {
namespace {

constexpr size_t kCloudEventBytesMax = 16 << 20;

}  // namespace

bool EventSelector::Selects(const event::StoredEvent& event) const {
  if (event.accepted_us < since_us || event.accepted_us >= until_us) return false;
  if (!type.empty() || !source.empty() || !correlation_id.empty()) {
    const auto header = event::ReadEventHeader(event.bytes);
    if (!header.ok()) return false;
    if (!type.empty() && header->type != type) return false;
    if (!source.empty() && header->source != source) return false;
    if (!correlation_id.empty() && header->correlation_id != correlation_id) return false;
  }
  if (matcher == nullptr) return true;
  event::ViewBuffer view_buffer;
  const auto view = view_buffer.FillStored(event);
  std::vector<rules::RuleId> matched;
  return view.ok() && matcher->Match(*view, &matched).ok() && !matched.empty();
}

absl::Status EventInHand::SetJson(absl::string_view text) {
  const absl::StatusOr<event::JsonShape> shape = event::ValidateJson(text);
  if (!shape.ok()) return event::Invalid(pavane::v1::INVALID_JSON, shape.status().message());
  if (shape->top != event::JsonShape::kObject) {
    return event::Invalid(pavane::v1::INVALID_JSON, "the event must be a JSON object");
  }
  padded_ = std::string(text);
  padded_.append(event::kJsonPadding, '\0');
  view_ = event::EventView::FromJson(absl::string_view(padded_).substr(0, text.size()),
                                     shape->distinct_paths);
  return absl::OkStatus();
}

absl::Status EventInHand::SetCloudEvent(const event::CloudEvent& event) {
  ASSIGN_OR_RETURN(const event::DataShape shape,
                   event::Validate(event, {.bytes_max = kCloudEventBytesMax}));
  cloud_event_ = event;
  view_ = buffer_.Fill(cloud_event_, shape);
  return absl::OkStatus();
}

absl::Status EventInHand::SetStored(const event::StoredEvent& event) {
  ASSIGN_OR_RETURN(view_, buffer_.FillStored(event));
  return absl::OkStatus();
}

std::shared_ptr<const rules::Matcher> MatcherOf(std::shared_ptr<const rules::Pattern> pattern,
                                                const rules::MatcherOptions& options) {
  if (pattern == nullptr) return nullptr;
  return rules::Matcher::Build({rules::RuleEntry{1, std::move(pattern)}}, options);
}

pavane::admin::v1::StoredEvent ShowEvent(const store::Catalog& catalog, const std::string& bus,
                                         const event::StoredEvent& event) {
  pavane::admin::v1::StoredEvent shown;
  shown.set_bus(bus);
  shown.set_sequence(event.ref.sequence.value());
  shown.mutable_accepted_at()->set_seconds(event.accepted_us / 1'000'000);
  shown.mutable_accepted_at()->set_nanos(static_cast<int32_t>(event.accepted_us % 1'000'000) *
                                         1000);
  shown.mutable_event()->ParseFromString(event.bytes);
  shown.set_matched_rules(event.matched_rules);
  shown.set_hops(event.hops);
  if (event.cause) {
    const store::BusEntryPtr cause_bus = catalog.FindBus(event.cause->bus);
    shown.mutable_cause()->set_bus(cause_bus == nullptr ? "" : cause_bus->bus.name());
    shown.mutable_cause()->set_sequence(event.cause->sequence.value());
  }
  return shown;
}

}  // namespace pavane::admin
