#ifndef PAVANE_EVENT_HASHES_H_
#define PAVANE_EVENT_HASHES_H_

#include "absl/strings/string_view.h"

#include "event/hash128.h"

namespace pavane::event {

// XXH3, 128 bits, each kind with its own seed so that no two kinds meet. Part of the disk format.

/// Identity of an event: source and id, each preceded by its length in eight bytes, little endian.
Hash128 HashIdentity(absl::string_view source, absl::string_view id);
/// An event's id alone, for look-up.
Hash128 HashId(absl::string_view id);
/// A publisher's own key for de-duplication.
Hash128 HashDedupKey(absl::string_view key);
/// A flow's correlation id.
Hash128 HashCorrelation(absl::string_view correlation_id);

}  // namespace pavane::event

#endif  // PAVANE_EVENT_HASHES_H_
