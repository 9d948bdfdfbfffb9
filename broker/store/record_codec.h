// Records of records.proto from and to the store's values. Parse functions answer false for bytes
// that are no such record.
#ifndef PAVANE_STORE_RECORD_CODEC_H_
#define PAVANE_STORE_RECORD_CODEC_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"

#include "base/ids.h"
#include "store/commit_record.h"
#include "store/target_state.h"
#include "store/wire.h"

namespace pavane::store {

std::string SerializeException(const ExceptionRecord& exception);
bool ParseException(absl::string_view bytes, ExceptionRecord& exception);

std::string SerializeDeadLetter(const DeadLetterRecord& letter);
bool ParseDeadLetter(absl::string_view bytes, DeadLetterRecord& letter);

std::string SerializeScheduled(const ScheduledEvent& scheduled);
bool ParseScheduled(absl::string_view bytes, ScheduledEvent& scheduled);

/// All but the target, which is the key where it is kept: bus, next, last, from_us signed.
void AppendFill(const FillRecord& fill, WireWriter& wire);
void ReadFill(WireReader& in, FillRecord& fill);

std::string SerializeTargetState(const TargetState& state);
bool ParseTargetState(absl::string_view bytes, TargetState& state);

struct CheckpointMark {
  Position position;
  int64_t time_us = 0;
};
std::string SerializeCheckpointMark(const CheckpointMark& mark);
bool ParseCheckpointMark(absl::string_view bytes, CheckpointMark& mark);

}  // namespace pavane::store

#endif  // PAVANE_STORE_RECORD_CODEC_H_
