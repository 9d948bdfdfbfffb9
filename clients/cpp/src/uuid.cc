#include "pavane/uuid.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>

#include <openssl/rand.h>
#include <openssl/sha.h>

namespace pavane {
inline namespace client {
namespace {

using Bytes = std::array<uint8_t, 16>;

// Pavane's name space: chosen once at random, never changed.
constexpr std::string_view kPavaneNameSpace = "6c1f3a52-0d5e-4b7c-9f43-7a1b6e02c9d8";

std::string Format(Bytes bytes, uint8_t version) {
  bytes[6] = static_cast<uint8_t>((bytes[6] & 0x0f) | (version << 4));
  bytes[8] = static_cast<uint8_t>((bytes[8] & 0x3f) | 0x80);
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  text.reserve(36);
  for (size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text.push_back('-');
    text.push_back(kDigits[bytes[i] >> 4]);
    text.push_back(kDigits[bytes[i] & 15]);
  }
  return text;
}

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::optional<Bytes> Parse(std::string_view text) {
  if (text.size() != 36) return std::nullopt;
  Bytes bytes{};
  size_t digits = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (i == 8 || i == 13 || i == 18 || i == 23) {
      if (text[i] != '-') return std::nullopt;
      continue;
    }
    const int digit = HexDigit(text[i]);
    if (digit < 0) return std::nullopt;
    bytes[digits / 2] = static_cast<uint8_t>((bytes[digits / 2] << 4) | digit);
    ++digits;
  }
  return bytes;
}

}  // namespace

std::string RandomUuid() {
  Bytes bytes;
  // Fails only if the system has no randomness at all; then no id is better than a repeated one.
  if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1) return {};
  return Format(bytes, 4);
}

std::string NamedUuid(std::string_view name) { return NamedUuid(kPavaneNameSpace, name); }

std::string NamedUuid(std::string_view name_space_uuid, std::string_view name) {
  const std::optional<Bytes> name_space = Parse(name_space_uuid);
  if (!name_space) return {};
  std::string input(name_space->begin(), name_space->end());
  input.append(name);
  std::array<uint8_t, SHA_DIGEST_LENGTH> digest;
  SHA1(reinterpret_cast<const uint8_t*>(input.data()), input.size(), digest.data());
  Bytes bytes;
  std::copy_n(digest.begin(), bytes.size(), bytes.begin());
  return Format(bytes, 5);
}

}  // namespace client
}  // namespace pavane
