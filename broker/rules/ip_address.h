#ifndef PAVANE_RULES_IP_ADDRESS_H_
#define PAVANE_RULES_IP_ADDRESS_H_

#include <array>
#include <cstdint>
#include <optional>

#include "absl/strings/string_view.h"

namespace pavane::rules {

/// An IPv4 or IPv6 address. An IPv4-mapped IPv6 address (`::ffff:a00:1`) reads as the IPv4 one.
struct IpAddress {
  bool is_v4 = true;
  std::array<uint8_t, 16> bytes{};  // v4: the first four, the others 0

  /// Empty if `text` is no address. IPv4: four dotted decimal runs up to 255, at most 15
  /// characters, leading zeros are decimal. IPv6: groups of hexadecimal digits, `::` once; no
  /// dotted tail, no zone, no brackets. Never asks a resolver.
  static std::optional<IpAddress> Parse(absl::string_view text);

  friend bool operator==(const IpAddress& a, const IpAddress& b) {
    return a.is_v4 == b.is_v4 && a.bytes == b.bytes;
  }
};

/// A block of addresses: those of one family that share the first `bits` bits.
struct IpBlock {
  IpAddress address;  // bits after `bits` are 0
  int bits = 0;

  bool Contains(const IpAddress& other) const;
};

}  // namespace pavane::rules

#endif  // PAVANE_RULES_IP_ADDRESS_H_
