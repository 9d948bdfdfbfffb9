#include "rules/ip_address.h"

#include <algorithm>

namespace pavane::rules {
namespace {

bool ParseV4(absl::string_view text, IpAddress* address) {
  if (text.empty() || text.size() > 15) return false;
  int octet = 0;
  int value = -1;  // -1: no digit yet
  for (char c : text) {
    if (c == '.') {
      if (value < 0 || octet == 3) return false;
      address->bytes[octet++] = static_cast<uint8_t>(value);
      value = -1;
    } else if (c >= '0' && c <= '9') {
      value = (value < 0 ? 0 : value) * 10 + (c - '0');
      if (value > 255) return false;
    } else {
      return false;
    }
  }
  if (octet != 3 || value < 0) return false;
  address->bytes[3] = static_cast<uint8_t>(value);
  address->is_v4 = true;
  return true;
}

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// The eight groups of an IPv6 text, in the order of reading; `gap` is where `::` stood.
struct Groups {
  std::array<uint16_t, 8> values{};
  int count = 0;
  int gap = -1;
};

bool ReadGroups(absl::string_view text, Groups* groups) {
  if (text.size() < 2) return false;
  size_t at = 0;
  if (text[0] == ':') {
    if (text[1] != ':') return false;
    at = 1;
  }
  bool digits = false;
  uint32_t value = 0;
  while (at < text.size()) {
    const char c = text[at++];
    const int digit = HexDigit(c);
    if (digit >= 0) {
      value = value << 4 | static_cast<uint32_t>(digit);
      if (value > 0xffff) return false;
      digits = true;
      continue;
    }
    if (c != ':') return false;
    if (!digits) {
      if (groups->gap >= 0) return false;
      groups->gap = groups->count;
      continue;
    }
    if (at == text.size() || groups->count == 8) return false;
    groups->values[groups->count++] = static_cast<uint16_t>(value);
    digits = false;
    value = 0;
  }
  if (digits) {
    if (groups->count == 8) return false;
    groups->values[groups->count++] = static_cast<uint16_t>(value);
  }
  return groups->gap >= 0 ? groups->count < 8 : groups->count == 8;
}

bool ParseV6(absl::string_view text, IpAddress* address) {
  Groups groups;
  if (!ReadGroups(text, &groups)) return false;
  const int tail = groups.gap < 0 ? 0 : groups.count - groups.gap;
  std::array<uint16_t, 8> values{};
  std::copy_n(groups.values.begin(), groups.count - tail, values.begin());
  std::copy_n(groups.values.begin() + (groups.count - tail), tail, values.end() - tail);
  const bool mapped =
      std::all_of(values.begin(), values.begin() + 5, [](uint16_t v) { return v == 0; }) &&
      values[5] == 0xffff;
  address->is_v4 = mapped;
  size_t byte = 0;
  for (size_t i = mapped ? 6 : 0; i < 8; ++i) {
    address->bytes[byte++] = static_cast<uint8_t>(values[i] >> 8);
    address->bytes[byte++] = static_cast<uint8_t>(values[i]);
  }
  return true;
}

}  // namespace

std::optional<IpAddress> IpAddress::Parse(absl::string_view text) {
  IpAddress address;
  if (text.empty()) return std::nullopt;
  if (ParseV4(text, &address)) return address;
  if (text.find(':') == absl::string_view::npos) return std::nullopt;
  address = IpAddress();
  if (ParseV6(text, &address)) return address;
  return std::nullopt;
}

bool IpBlock::Contains(const IpAddress& other) const {
  if (other.is_v4 != address.is_v4) return false;
  const int whole = bits / 8;
  if (!std::equal(address.bytes.begin(), address.bytes.begin() + whole, other.bytes.begin())) {
    return false;
  }
  const int rest = bits % 8;
  if (rest == 0) return true;
  const uint8_t mask = static_cast<uint8_t>(0xff << (8 - rest));
  return (address.bytes[whole] & mask) == (other.bytes[whole] & mask);
}

}  // namespace pavane::rules
