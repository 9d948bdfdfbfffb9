#include "delivery/delivery_id.h"

namespace pavane::delivery {
namespace {

constexpr uint8_t kVersion = 1;
constexpr size_t kSize = 1 + 3 * 8 + 2 * 4 + 8;

void Put64(std::string& out, uint64_t value) {
  for (int shift = 56; shift >= 0; shift -= 8) out.push_back(static_cast<char>(value >> shift));
}

void Put32(std::string& out, uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<char>(value >> shift));
}

uint64_t Take(absl::string_view& bytes, int size) {
  uint64_t value = 0;
  for (int i = 0; i < size; ++i) value = value << 8 | static_cast<uint8_t>(bytes[i]);
  bytes.remove_prefix(size);
  return value;
}

}  // namespace

std::string EncodeDeliveryId(const DeliveryId& id) {
  std::string out;
  out.reserve(kSize);
  out.push_back(kVersion);
  Put64(out, id.ref.target.value());
  Put64(out, id.ref.event.bus.value());
  Put64(out, id.ref.event.sequence.value());
  Put32(out, id.boot.value());
  Put32(out, id.attempt);
  Put64(out, id.token);
  return out;
}

std::optional<DeliveryId> DecodeDeliveryId(absl::string_view bytes) {
  if (bytes.size() != kSize || bytes[0] != kVersion) return std::nullopt;
  bytes.remove_prefix(1);
  DeliveryId id;
  id.ref.target = TargetId(Take(bytes, 8));
  id.ref.event.bus = BusId(Take(bytes, 8));
  id.ref.event.sequence = Sequence(Take(bytes, 8));
  id.boot = BootNumber(static_cast<uint32_t>(Take(bytes, 4)));
  id.attempt = static_cast<uint32_t>(Take(bytes, 4));
  id.token = Take(bytes, 8);
  return id;
}

}  // namespace pavane::delivery
