#ifndef PAVANE_DELIVERY_DELIVERY_ID_H_
#define PAVANE_DELIVERY_DELIVERY_ID_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"

#include "base/ids.h"
#include "store/commit_record.h"

namespace pavane::delivery {

/// What the opaque id of an attempt is made of. The token is random, so an id cannot be guessed,
/// and the boot number tells ids of earlier starts apart: a lease lives in memory only.
struct DeliveryId {
  store::DeliveryRef ref;
  BootNumber boot;
  uint32_t attempt = 0;
  uint64_t token = 0;
};

/// 41 bytes: version 1, then target, bus, sequence, boot, attempt, token, all big-endian.
std::string EncodeDeliveryId(const DeliveryId& id);
/// Absent when the bytes are no delivery id of this version.
std::optional<DeliveryId> DecodeDeliveryId(absl::string_view bytes);

}  // namespace pavane::delivery

#endif  // PAVANE_DELIVERY_DELIVERY_ID_H_
