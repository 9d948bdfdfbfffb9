#include "ingress/emits.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"

#include "base/status_macros.h"
#include "event/flow.h"
#include "event/reason.h"
#include "event/view_buffer.h"
#include "ingress/due_events.h"
#include "ingress/seal.h"
#include "xxhash.h"

namespace pavane::ingress {
namespace {

using pavane::v1::PublishEntry;

// The same emits give the same bytes: maps are written in order.
std::string DeterministicBytes(const PublishEntry& entry) {
  std::string bytes;
  google::protobuf::io::StringOutputStream stream(&bytes);
  google::protobuf::io::CodedOutputStream coded(&stream);
  coded.SetSerializationDeterministic(true);
  entry.SerializeToCodedStream(&coded);
  coded.Trim();
  return bytes;
}

uint64_t HashEntries(const PublishEntries& entries) {
  uint64_t hash = static_cast<uint64_t>(entries.size());
  for (const PublishEntry& entry : entries) {
    const std::string bytes = DeterministicBytes(entry);
    hash = XXH3_64bits_withSeed(bytes.data(), bytes.size(), hash);
  }
  return hash;
}

// INVALID_EMIT, naming the emit and its own reason. CAUSE_MISMATCH and EVENT_TOO_COMPLEX stay.
absl::Status InvalidEmit(int index, const absl::Status& why) {
  pavane::v1::Reason reason = event::ReasonOf(why);
  std::string name;
  if (reason != pavane::v1::REASON_UNSPECIFIED) {
    name = absl::StrCat(pavane::v1::Reason_Name(reason), ": ");
  }
  if (reason != pavane::v1::CAUSE_MISMATCH && reason != pavane::v1::EVENT_TOO_COMPLEX) {
    reason = pavane::v1::INVALID_EMIT;
  }
  return event::Invalid(reason, absl::StrCat("emit ", index, ": ", name, why.message()));
}

// Sets an attribute that the broker owns; an emit may carry it only with the same value.
absl::Status Inherit(event::CloudEvent& emit, absl::string_view name, absl::string_view value) {
  const absl::string_view claimed = event::TextAttribute(emit, name);
  if (!claimed.empty() && claimed != value) {
    return event::Invalid(
        pavane::v1::CAUSE_MISMATCH,
        absl::StrCat("attribute '", name, "' is '", claimed, "' but the consumed event's is '",
                     value, "'; leave it to the broker"));
  }
  event::SetTextAttribute(emit, name, value);
  return absl::OkStatus();
}

absl::Status CompleteFromCause(event::CloudEvent& emit, const event::EventHeader& cause) {
  RETURN_IF_ERROR(Inherit(emit, event::kCorrelationId, cause.correlation_id));
  RETURN_IF_ERROR(Inherit(emit, event::kCausationId, cause.id));
  if (event::TextAttribute(emit, event::kTraceParent).empty() && !cause.trace_parent.empty()) {
    event::SetTextAttribute(emit, event::kTraceParent, cause.trace_parent);
    if (!cause.trace_state.empty()) {
      event::SetTextAttribute(emit, event::kTraceState, cause.trace_state);
    }
  }
  return absl::OkStatus();
}

}  // namespace

Emits::Emits(const Context& context, PublishEntries entries)
    : context_(context), entries_(std::move(entries)), shapes_(entries_.size()) {
  for (const PublishEntry& entry : entries_) bytes_ += 512 + entry.ByteSizeLong();
  content_hash_ = HashEntries(entries_);
}

absl::StatusOr<std::unique_ptr<delivery::PreparedEvents>> Emits::Make(const Context& context,
                                                                      PublishEntries entries) {
  if (entries.empty()) return std::unique_ptr<delivery::PreparedEvents>();
  if (size_t(entries.size()) > context.limits.batch_entries_max) {
    return event::Invalid(pavane::v1::INVALID_EMIT,
                          absl::StrCat("the settlement has ", entries.size(),
                                       " emits; the limit is ", context.limits.batch_entries_max));
  }
  auto emits = std::unique_ptr<Emits>(new Emits(context, std::move(entries)));
  if (emits->bytes_ > context.limits.batch_bytes_max && emits->entries_.size() > 1) {
    return event::Invalid(pavane::v1::INVALID_EMIT,
                          absl::StrCat("the emits of the settlement have about ", emits->bytes_,
                                       " bytes; the limit is ", context.limits.batch_bytes_max));
  }
  RETURN_IF_ERROR(emits->ValidateAll());
  return std::unique_ptr<delivery::PreparedEvents>(std::move(emits));
}

absl::Status Emits::ValidateAll() {
  for (int i = 0; i < entries_.size(); ++i) {
    const absl::Status status = Validate(entries_[i], shapes_[i]);
    if (!status.ok()) return InvalidEmit(i, status);
  }
  return absl::OkStatus();
}

absl::Status Emits::Validate(const PublishEntry& entry, event::DataShape& shape) const {
  if (!entry.has_event()) {
    return event::Invalid(pavane::v1::MISSING_ATTRIBUTE, "the entry has no event");
  }
  RETURN_IF_ERROR(DueTime(entry).status());
  if (entry.dedup_key().size() > kDedupKeyBytesMax) {
    return event::Invalid(pavane::v1::INVALID_DEDUP_KEY,
                          absl::StrCat("dedup_key has ", entry.dedup_key().size(),
                                       " bytes; at most ", kDedupKeyBytesMax));
  }
  if (!entry.bus().empty() && context_.rules.snapshot()->FindBus(entry.bus()) == nullptr) {
    return UnknownBus(entry.bus());
  }
  ASSIGN_OR_RETURN(
      shape, event::Validate(entry.event(),
                             {.bytes_max = context_.limits.event_bytes_max, .id_required = false}));
  return absl::OkStatus();
}

absl::StatusOr<store::EmittedEvent> Emits::AppendOne(store::CommitBuilder& commit, int index,
                                                     const event::StoredEvent& consumed,
                                                     const event::EventHeader& header,
                                                     TargetId target) {
  PublishEntry& entry = entries_[index];
  event::CloudEvent& cloud_event = *entry.mutable_event();
  const RuleSnapshotPtr rules = context_.rules.snapshot();
  const BusRulesPtr bus =
      entry.bus().empty() ? rules->FindBus(consumed.ref.bus) : rules->FindBus(entry.bus());
  if (bus == nullptr) return UnknownBus(entry.bus().empty() ? "of the event" : entry.bus());
  RETURN_IF_ERROR(CompleteFromCause(cloud_event, header));
  if (cloud_event.id().empty()) {
    cloud_event.set_id(event::DeriveEmitId(context_.store_space, consumed.ref, target, index));
  }
  event::ViewBuffer buffer;
  ASSIGN_OR_RETURN(Matched matched, rules->Match(*bus, buffer.Fill(cloud_event, shapes_[index])));
  event::StoredEvent stored = Seal(cloud_event, bus->bus->id, entry.dedup_key());
  stored.matched_rules = matched.rules;
  stored.cause = consumed.ref;
  store::AppendResult appended;
  ASSIGN_OR_RETURN(const int64_t due_us, DueTime(entry));
  if (due_us > commit.time_us()) {
    RETURN_IF_ERROR(CheckSchedule(commit, due_us));
    appended = commit.ScheduleEvent(std::move(stored), due_us);
  } else {
    appended = commit.AppendEvent(std::move(stored), std::move(matched.targets),
                                  std::move(matched.key_hashes));
  }
  return store::EmittedEvent{.event = appended.event,
                             .matched_rules = appended.matched_rules,
                             .duplicate = appended.duplicate,
                             .event_id = cloud_event.id(),
                             .scheduled = appended.scheduled};
}

absl::StatusOr<std::vector<store::EmittedEvent>> Emits::Append(store::CommitBuilder& commit,
                                                               const event::StoredEvent& consumed,
                                                               TargetId target) {
  ASSIGN_OR_RETURN(const event::EventHeader header, event::ReadEventHeader(consumed.bytes));
  std::vector<store::EmittedEvent> emitted;
  for (int i = 0; i < entries_.size(); ++i) {
    absl::StatusOr<store::EmittedEvent> one = AppendOne(commit, i, consumed, header, target);
    if (!one.ok()) return InvalidEmit(i, one.status());
    emitted.push_back(*std::move(one));
  }
  return emitted;
}

}  // namespace pavane::ingress
