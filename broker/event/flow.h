// Ids that the broker derives, so that every repeat derives the same ones.
#ifndef PAVANE_EVENT_FLOW_H_
#define PAVANE_EVENT_FLOW_H_

#include <string>

#include "absl/strings/string_view.h"

#include "base/ids.h"
#include "base/uuid.h"
#include "event/event_ref.h"

namespace pavane::event {

/// The flow of a published event that names none: its own id if that is a UUID or ULID, else a
/// UUIDv5 of source and id.
std::string DeriveCorrelationId(absl::string_view source, absl::string_view id);

/// The id of an emitted event that has none: UUIDv5, in the store's own space, of the consumed
/// event's place, the target and the emit's index.
std::string DeriveEmitId(const Uuid& store_space, EventRef consumed, TargetId target, size_t index);

}  // namespace pavane::event

#endif  // PAVANE_EVENT_FLOW_H_
