#include "store/envelope.h"

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

#include "base/check.h"
#include "base/hex.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace pavane::store {
namespace {

constexpr size_t kFlagsAt = 1;
constexpr size_t kChecksumAt = 2;

uint64_t Checksum(absl::string_view key, uint8_t flags, absl::string_view payload) {
  const uint64_t seed = XXH3_64bits(key.data(), key.size()) ^ flags;
  return XXH3_64bits_withSeed(payload.data(), payload.size(), seed);
}

}  // namespace

void BeginEnvelope(std::string& out) {
  out.clear();
  out.push_back(static_cast<char>(kValueVersion));
  out.append(kEnvelopeBytes - 1, '\0');
}

void SealEnvelope(absl::string_view key, uint8_t flags, std::string& out) {
  CHECK_GE(out.size(), kEnvelopeBytes) << "begun before";
  out[kFlagsAt] = static_cast<char>(flags);
  const absl::string_view payload = absl::string_view(out).substr(kEnvelopeBytes);
  const uint64_t checksum = Checksum(key, flags, payload);
  for (int i = 0; i < 8; ++i) out[kChecksumAt + i] = static_cast<char>(checksum >> (8 * i));
}

std::string Envelope(absl::string_view key, absl::string_view payload) {
  std::string value;
  value.reserve(kEnvelopeBytes + payload.size());
  BeginEnvelope(value);
  value.append(payload.data(), payload.size());
  SealEnvelope(key, 0, value);
  return value;
}

absl::StatusOr<Opened> OpenEnvelope(absl::string_view family, absl::string_view key,
                                    absl::string_view value) {
  if (value.size() < kEnvelopeBytes) return CorruptRecord(family, key, "it is too short");
  const auto version = static_cast<uint8_t>(value[0]);
  if (version > kValueVersion) {
    return absl::FailedPreconditionError(absl::StrCat("record ", ToHex(key), " of ", family,
                                                      " has format ", version,
                                                      ", this broker knows up to ", kValueVersion));
  }
  if (version == 0) return CorruptRecord(family, key, "it has no version");
  Opened opened{static_cast<uint8_t>(value[kFlagsAt]), value.substr(kEnvelopeBytes)};
  uint64_t checksum = 0;
  for (int i = 0; i < 8; ++i) {
    checksum |= static_cast<uint64_t>(static_cast<uint8_t>(value[kChecksumAt + i])) << (8 * i);
  }
  if (checksum != Checksum(key, opened.flags, opened.payload)) {
    return CorruptRecord(family, key, "its checksum is wrong");
  }
  if ((opened.flags & ~kKnownFlags) != 0) {
    return absl::FailedPreconditionError(absl::StrCat("record ", ToHex(key), " of ", family,
                                                      " was written by a newer broker: flags ",
                                                      opened.flags));
  }
  return opened;
}

absl::Status CorruptRecord(absl::string_view family, absl::string_view key, absl::string_view why) {
  return absl::DataLossError(
      absl::StrCat("record ", ToHex(key), " of ", family, " is corrupt: ", why));
}

}  // namespace pavane::store
