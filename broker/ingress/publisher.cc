#include "ingress/publisher.h"

#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"

#include "base/failpoint.h"
#include "base/status_macros.h"
#include "event/flow.h"
#include "event/reason.h"
#include "event/view_buffer.h"
#include "ingress/due_events.h"
#include "ingress/seal.h"

namespace pavane::ingress {

using pavane::v1::PublishEntry;
using pavane::v1::PublishRequest;
using pavane::v1::PublishResult;

namespace {

// The limit that refused an entry; empty when it was none.
absl::string_view LimitOf(const absl::Status& status) {
  switch (event::ReasonOf(status)) {
    case pavane::v1::EVENT_TOO_LARGE:
      return metrics::kLimitEventBytes;
    case pavane::v1::EVENT_TOO_COMPLEX:
      return metrics::kLimitMatchSteps;
    case pavane::v1::RETENTION_PINNED:
      return metrics::kLimitRetentionBytes;
    default:
      return "";
  }
}

}  // namespace

Publisher::Publisher(const RuleBook& rules, const Gate& gate, store::Writer& writer,
                     const config::LimitsConfig& limits, metrics::BrokerMetrics* metrics)
    : rules_(rules), gate_(gate), writer_(writer), limits_(limits), metrics_(metrics) {}

absl::Status Publisher::CheckBatch(const PublishRequest& request) const {
  if (size_t(request.entries_size()) > limits_.batch_entries_max) {
    if (metrics_ != nullptr) metrics_->limit_hits.With({metrics::kLimitBatchEntries}).Add();
    return event::Invalid(pavane::v1::BATCH_TOO_LARGE,
                          absl::StrCat("the batch has ", request.entries_size(),
                                       " entries; the limit is ", limits_.batch_entries_max));
  }
  const size_t bytes = request.ByteSizeLong();
  // One event of the largest size may always come alone.
  if (bytes > limits_.batch_bytes_max && request.entries_size() > 1) {
    if (metrics_ != nullptr) metrics_->limit_hits.With({metrics::kLimitBatchBytes}).Add();
    return event::Invalid(
        pavane::v1::BATCH_TOO_LARGE,
        absl::StrCat("the batch has ", bytes, " bytes; the limit is ", limits_.batch_bytes_max));
  }
  return absl::OkStatus();
}

absl::StatusOr<PublishItem> Publisher::Take(const RuleSnapshot& rules, PublishEntry& entry,
                                            event::ViewBuffer& buffer,
                                            PublishResult& result) const {
  const absl::string_view bus_name = BusNameOrDefault(entry.bus());
  result.set_bus(std::string(bus_name));
  result.set_event_id(entry.event().id());
  PublishItem item;
  item.rules = rules.FindBus(bus_name);
  if (item.rules == nullptr) return UnknownBus(bus_name);
  RETURN_IF_ERROR(gate_.CheckBus(item.rules->bus->id));
  if (!entry.has_event()) {
    return event::Invalid(pavane::v1::MISSING_ATTRIBUTE, "the entry has no event");
  }
  ASSIGN_OR_RETURN(item.due_us, DueTime(entry));
  if (entry.dedup_key().size() > kDedupKeyBytesMax) {
    return event::Invalid(pavane::v1::INVALID_DEDUP_KEY,
                          absl::StrCat("dedup_key has ", entry.dedup_key().size(),
                                       " bytes; at most ", kDedupKeyBytesMax));
  }
  event::CloudEvent& cloud_event = *entry.mutable_event();
  ASSIGN_OR_RETURN(const event::DataShape shape,
                   event::Validate(cloud_event, {.bytes_max = limits_.event_bytes_max}));
  FAILPOINT("ingress.publish_validated");
  if (event::TextAttribute(cloud_event, event::kCorrelationId).empty()) {
    event::SetTextAttribute(cloud_event, event::kCorrelationId,
                            event::DeriveCorrelationId(cloud_event.source(), cloud_event.id()));
  }
  ASSIGN_OR_RETURN(item.matched, rules.Match(*item.rules, buffer.Fill(cloud_event, shape)));
  FAILPOINT("ingress.publish_matched");
  item.event = Seal(cloud_event, item.rules->bus->id, entry.dedup_key());
  return item;
}

void Publisher::Publish(IncomingBatch batch, Callback callback) {
  PublishRequest& request = *batch.request;
  absl::Status admitted = gate_.CheckPublish();
  if (admitted.ok()) admitted = CheckBatch(request);
  if (!admitted.ok()) {
    callback(admitted);
    return;
  }
  const RuleSnapshotPtr rules = rules_.snapshot();
  event::ViewBuffer buffer;
  PublishTransaction::Call call;
  call.callback = std::move(callback);
  call.all_or_nothing = request.all_or_nothing();
  call.lane = batch.lane;
  for (int i = 0; i < request.entries_size(); ++i) {
    PublishResult& result = *call.response.add_results();
    const auto refused = batch.refused.find(i);
    absl::StatusOr<PublishItem> item =
        refused != batch.refused.end() ? absl::StatusOr<PublishItem>(refused->second)
                                       : Take(*rules, *request.mutable_entries(i), buffer, result);
    if (!item.ok()) {
      const absl::string_view limit = LimitOf(item.status());
      if (!limit.empty() && metrics_ != nullptr) metrics_->limit_hits.With({limit}).Add();
      *result.mutable_error() = event::ToError(item.status());
      continue;
    }
    item->index = i;
    result.set_matched_rules(item->matched.rules);
    call.items.push_back(*std::move(item));
  }
  const bool some_refused = call.items.size() < size_t(call.response.results_size());
  if (call.all_or_nothing && some_refused) {
    call.items.clear();
    RefuseOthers(call.response);
  }
  if (call.items.empty() || request.validate_only()) {
    PublishTransaction::Answer(std::move(call), absl::OkStatus(),
                               request.validate_only() ? nullptr : metrics_);
    return;
  }
  Submit(std::make_unique<PublishTransaction>(rules_, metrics_, std::move(call)));
}

void Publisher::Submit(std::unique_ptr<PublishTransaction> transaction) {
  std::unique_ptr<store::Transaction> handed = std::move(transaction);
  if (writer_.Submit(handed)) return FAILPOINT("ingress.publish_queued");
  const absl::Status state = gate_.CheckPublish();
  handed->Complete(state.ok() ? Overloaded() : state);
}

}  // namespace pavane::ingress
