#include "store/record_codec.h"

#include <algorithm>
#include <memory>

#include "base/check.h"
#include "store/records.pb.h"

namespace pavane::store {
namespace {

template <typename Message>
std::string Serialize(const Message& message) {
  std::string bytes;
  CHECK(message.SerializeToString(&bytes)) << "a record is below protobuf's 2 GiB";
  return bytes;
}

template <typename Message>
bool Parse(absl::string_view bytes, Message& message) {
  return message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
}

// Numbers of the enums are the disk's.
template <typename Enum>
bool ReadEnum(uint32_t number, Enum first, Enum last, Enum& value) {
  if (number < static_cast<uint32_t>(first) || number > static_cast<uint32_t>(last)) return false;
  value = static_cast<Enum>(number);
  return true;
}

using HashField = google::protobuf::RepeatedField<uint64_t>;

void AddHash(const event::Hash128& hash, HashField& field) {
  field.Add(hash.high);
  field.Add(hash.low);
}

bool ReadHash(const HashField& field, event::Hash128& hash) {
  if (field.size() != 2) return false;
  hash = {field.Get(0), field.Get(1)};
  return true;
}

}  // namespace

std::string SerializeException(const ExceptionRecord& exception) {
  v1::ExceptionRecord record;
  record.set_target(exception.ref.target.value());
  record.set_bus(exception.ref.event.bus.value());
  record.set_sequence(exception.ref.event.sequence.value());
  record.set_due_us(exception.due_us);
  record.set_kind(static_cast<uint32_t>(exception.kind));
  record.set_attempts(exception.attempts);
  record.set_releases(exception.releases);
  record.set_age_from_us(exception.age_from_us);
  record.set_first_attempt_us(exception.first_attempt_us);
  record.set_last_attempt_us(exception.last_attempt_us);
  record.set_redriven(exception.redriven);
  record.set_error_code(exception.error_code);
  record.set_error_message(exception.error_message);
  record.set_event_accepted_us(exception.event_accepted_us);
  record.set_event_bytes(exception.event_bytes);
  record.set_key_hash(exception.key_hash);
  record.set_in_order(exception.in_order);
  return Serialize(record);
}

bool ParseException(absl::string_view bytes, ExceptionRecord& exception) {
  v1::ExceptionRecord record;
  if (!Parse(bytes, record)) return false;
  using Kind = ExceptionRecord::Kind;
  if (!ReadEnum(record.kind(), Kind::kRetry, Kind::kFilled, exception.kind)) return false;
  exception.ref = {TargetId(record.target()), {BusId(record.bus()), Sequence(record.sequence())}};
  exception.due_us = record.due_us();
  exception.attempts = record.attempts();
  exception.releases = record.releases();
  exception.age_from_us = record.age_from_us();
  exception.first_attempt_us = record.first_attempt_us();
  exception.last_attempt_us = record.last_attempt_us();
  exception.redriven = record.redriven();
  exception.error_code = std::move(*record.mutable_error_code());
  exception.error_message = std::move(*record.mutable_error_message());
  exception.event_accepted_us = record.event_accepted_us();
  exception.event_bytes = std::move(*record.mutable_event_bytes());
  exception.key_hash = record.key_hash();
  exception.in_order = record.in_order();
  return true;
}

std::string SerializeDeadLetter(const DeadLetterRecord& letter) {
  v1::DeadLetterRecord record;
  record.set_id(letter.id);
  record.set_target_id(letter.ref.target.value());
  record.set_bus_id(letter.ref.event.bus.value());
  record.set_sequence(letter.ref.event.sequence.value());
  record.set_reason(static_cast<uint32_t>(letter.reason));
  record.set_error_code(letter.error_code);
  record.set_error_message(letter.error_message);
  record.set_attempts(letter.attempts);
  record.set_exhausted_condition(letter.exhausted_condition);
  record.set_first_attempt_us(letter.first_attempt_us);
  record.set_last_attempt_us(letter.last_attempt_us);
  record.set_dead_us(letter.dead_us);
  record.set_bus(letter.bus);
  record.set_rule(letter.rule);
  record.set_target(letter.target);
  record.set_target_address(letter.target_address);
  record.set_event_id(letter.event_id);
  record.set_event_source(letter.event_source);
  record.set_event_type(letter.event_type);
  record.set_correlation_id(letter.correlation_id);
  record.set_event_accepted_us(letter.event_accepted_us);
  record.set_event_bytes(letter.event_bytes);
  record.set_key_hash(letter.key_hash);
  record.set_blocks_key(letter.blocks_key);
  return Serialize(record);
}

bool ParseDeadLetter(absl::string_view bytes, DeadLetterRecord& letter) {
  v1::DeadLetterRecord record;
  if (!Parse(bytes, record)) return false;
  if (!ReadEnum(record.reason(), FailureReason::kNone, FailureReason::kTargetMissing,
                letter.reason)) {
    return false;
  }
  letter.id = record.id();
  letter.ref = {TargetId(record.target_id()),
                {BusId(record.bus_id()), Sequence(record.sequence())}};
  letter.error_code = std::move(*record.mutable_error_code());
  letter.error_message = std::move(*record.mutable_error_message());
  letter.attempts = record.attempts();
  letter.exhausted_condition = std::move(*record.mutable_exhausted_condition());
  letter.first_attempt_us = record.first_attempt_us();
  letter.last_attempt_us = record.last_attempt_us();
  letter.dead_us = record.dead_us();
  letter.bus = std::move(*record.mutable_bus());
  letter.rule = std::move(*record.mutable_rule());
  letter.target = std::move(*record.mutable_target());
  letter.target_address = std::move(*record.mutable_target_address());
  letter.event_id = std::move(*record.mutable_event_id());
  letter.event_source = std::move(*record.mutable_event_source());
  letter.event_type = std::move(*record.mutable_event_type());
  letter.correlation_id = std::move(*record.mutable_correlation_id());
  letter.event_accepted_us = record.event_accepted_us();
  letter.event_bytes = std::move(*record.mutable_event_bytes());
  letter.key_hash = record.key_hash();
  letter.blocks_key = record.blocks_key();
  return true;
}

std::string SerializeScheduled(const ScheduledEvent& scheduled) {
  const event::StoredEvent& event = *scheduled.event;
  v1::ScheduledRecord record;
  record.set_id(scheduled.id);
  record.set_due_us(scheduled.due_us);
  record.set_accepted_us(scheduled.accepted_us);
  record.set_bus(event.ref.bus.value());
  record.set_event_bytes(event.bytes);
  AddHash(event.id_hash, *record.mutable_id_hash());
  AddHash(event.dedup_hash, *record.mutable_dedup_hash());
  AddHash(event.correlation_hash, *record.mutable_correlation_hash());
  if (event.cause) {
    record.set_cause_bus(event.cause->bus.value());
    record.set_cause_sequence(event.cause->sequence.value());
  }
  return Serialize(record);
}

bool ParseScheduled(absl::string_view bytes, ScheduledEvent& scheduled) {
  v1::ScheduledRecord record;
  if (!Parse(bytes, record)) return false;
  event::StoredEvent event;
  if (!ReadHash(record.id_hash(), event.id_hash) ||
      !ReadHash(record.dedup_hash(), event.dedup_hash) ||
      !ReadHash(record.correlation_hash(), event.correlation_hash)) {
    return false;
  }
  event.ref.bus = BusId(record.bus());
  event.bytes = std::move(*record.mutable_event_bytes());
  if (record.cause_bus() != 0) {
    event.cause = event::EventRef{BusId(record.cause_bus()), Sequence(record.cause_sequence())};
  }
  scheduled.id = record.id();
  scheduled.due_us = record.due_us();
  scheduled.accepted_us = record.accepted_us();
  scheduled.event = std::make_shared<const event::StoredEvent>(std::move(event));
  return true;
}

void AppendFill(const FillRecord& fill, WireWriter& wire) {
  wire.Varint(fill.bus.value());
  wire.Varint(fill.next.value());
  wire.Varint(fill.last.value());
  wire.Signed(fill.from_us);
}

void ReadFill(WireReader& in, FillRecord& fill) {
  fill.bus = BusId(in.Varint());
  fill.next = Sequence(in.Varint());
  fill.last = Sequence(in.Varint());
  fill.from_us = in.Signed();
}

std::string SerializeTargetState(const TargetState& state) {
  v1::TargetStateRecord record;
  record.set_target(state.target.value());
  record.set_bus(state.bus.value());
  record.set_watermark(state.watermark.value());
  Sequence end = state.watermark;
  for (const auto& [first, last] : state.done) {
    record.add_done(first - end);
    record.add_done(last - first);
    end = last;
  }
  record.set_pending(state.pending);
  record.set_exceptions(state.exceptions);
  const TargetCounters& counters = state.counters;
  record.set_created(counters.created);
  record.set_attempts(counters.attempts);
  record.set_retries(counters.retries);
  record.set_successes(counters.successes);
  for (const uint64_t count : counters.failed_by_reason) record.add_failed_by_reason(count);
  record.set_sent_to_dead_letters(counters.sent_to_dead_letters);
  record.set_lost(counters.lost);
  record.set_discarded(counters.discarded);
  for (const TargetState::Blocked& blocked : state.blocked) {
    record.add_blocked_keys(blocked.key_hash);
    record.add_blocked_sequences(blocked.sequence.value());
  }
  return Serialize(record);
}

bool ParseTargetState(absl::string_view bytes, TargetState& state) {
  v1::TargetStateRecord record;
  if (!Parse(bytes, record) || record.done_size() % 2 != 0 ||
      record.blocked_keys_size() != record.blocked_sequences_size()) {
    return false;
  }
  state.target = TargetId(record.target());
  state.bus = BusId(record.bus());
  state.watermark = Sequence(record.watermark());
  state.done.clear();
  Sequence end = state.watermark;
  for (int i = 0; i < record.done_size(); i += 2) {
    const Sequence first = end + record.done(i);
    end = first + record.done(i + 1);
    state.done.emplace_back(first, end);
  }
  state.pending = record.pending();
  state.exceptions = record.exceptions();
  TargetCounters& counters = state.counters;
  counters = {};
  counters.created = record.created();
  counters.attempts = record.attempts();
  counters.retries = record.retries();
  counters.successes = record.successes();
  const size_t reasons =
      std::min<size_t>(record.failed_by_reason_size(), counters.failed_by_reason.size());
  for (size_t i = 0; i < reasons; ++i) {
    counters.failed_by_reason[i] = record.failed_by_reason(static_cast<int>(i));
  }
  counters.sent_to_dead_letters = record.sent_to_dead_letters();
  counters.lost = record.lost();
  counters.discarded = record.discarded();
  state.blocked.clear();
  for (int i = 0; i < record.blocked_keys_size(); ++i) {
    state.blocked.push_back({record.blocked_keys(i), Sequence(record.blocked_sequences(i))});
  }
  return true;
}

std::string SerializeCheckpointMark(const CheckpointMark& mark) {
  v1::CheckpointRecord record;
  record.set_position(mark.position.value());
  record.set_time_us(mark.time_us);
  return Serialize(record);
}

bool ParseCheckpointMark(absl::string_view bytes, CheckpointMark& mark) {
  v1::CheckpointRecord record;
  if (!Parse(bytes, record)) return false;
  mark = {Position(record.position()), record.time_us()};
  return true;
}

}  // namespace pavane::store
