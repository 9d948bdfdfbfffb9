// What every value of the database is wrapped in:
//
//   version u8 | flags u8 | XXH3-64 of flags and payload, seeded with XXH3-64 of the key, u64 |
//   payload
//
// The seed ties a value to its key: a value that turns up under another key fails its checksum.
#ifndef PAVANE_STORE_ENVELOPE_H_
#define PAVANE_STORE_ENVELOPE_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace pavane::store {

inline constexpr uint8_t kValueVersion = 1;
inline constexpr size_t kEnvelopeBytes = 10;

/// Flags of a value.
inline constexpr uint8_t kLz4 = 1;        // payload is: raw size varint, then an LZ4 block
inline constexpr uint8_t kKeyed = 2;      // commit, run: hashes of ordering keys follow at the end
inline constexpr uint8_t kScheduled = 4;  // commit: scheduled events follow behind the keys
inline constexpr uint8_t kFills = 8;      // commit: fills follow behind those
inline constexpr uint8_t kKnownFlags = kLz4 | kKeyed | kScheduled | kFills;

/// Starts a value in `out`, emptying it: the payload is appended after, then SealEnvelope.
void BeginEnvelope(std::string& out);
void SealEnvelope(absl::string_view key, uint8_t flags, std::string& out);
/// The same for a payload at hand.
std::string Envelope(absl::string_view key, absl::string_view payload);

struct Opened {
  uint8_t flags = 0;
  absl::string_view payload;  // points into the value
};
/// Checks version and checksum. `family` names the column family in the error: DataLoss for a wrong
/// checksum, FailedPrecondition for a newer version or unknown flags.
absl::StatusOr<Opened> OpenEnvelope(absl::string_view family, absl::string_view key,
                                    absl::string_view value);

/// DataLoss that names the record.
absl::Status CorruptRecord(absl::string_view family, absl::string_view key, absl::string_view why);

}  // namespace pavane::store

#endif  // PAVANE_STORE_ENVELOPE_H_
