#include "rules/json_string.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

namespace pavane::rules {
namespace {

uint32_t DigitValue(char c) {
  if (c <= '9') return c - '0';
  return (c | 0x20) - 'a' + 10;
}

uint32_t Hex4(const char* at) {
  return DigitValue(at[0]) << 12 | DigitValue(at[1]) << 8 | DigitValue(at[2]) << 4 |
         DigitValue(at[3]);
}

char SimpleEscape(char c) {
  switch (c) {
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    default:
      return c;
  }
}

// Reads the `\uXXXX` at `at`, with its other half if one follows.
const char* AppendUnicodeEscape(const char* at, const char* end, std::string* out) {
  uint32_t code = Hex4(at + 2);
  at += 6;
  if (code >= 0xd800 && code < 0xdc00 && end - at >= 6 && at[0] == '\\' && at[1] == 'u') {
    const uint32_t low = Hex4(at + 2);
    if (low >= 0xdc00 && low < 0xe000) {
      code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
      at += 6;
    }
  }
  AppendUtf8(code, out);
  return at;
}

// Code units outside the surrogates, but above them, come after all pairs.
uint8_t Utf16Rank(uint8_t lead) {
  if (lead >= 0xf0) return 0xee;             // pairs: code units d800 to dfff
  return lead >= 0xee ? lead + 0x10 : lead;  // e000 to ffff
}

}  // namespace

void AppendUtf8(char32_t code_point, std::string* out) {
  if (code_point < 0x80) {
    out->push_back(static_cast<char>(code_point));
  } else if (code_point < 0x800) {
    out->push_back(static_cast<char>(0xc0 | code_point >> 6));
    out->push_back(static_cast<char>(0x80 | (code_point & 0x3f)));
  } else if (code_point < 0x10000) {
    out->push_back(static_cast<char>(0xe0 | code_point >> 12));
    out->push_back(static_cast<char>(0x80 | (code_point >> 6 & 0x3f)));
    out->push_back(static_cast<char>(0x80 | (code_point & 0x3f)));
  } else {
    out->push_back(static_cast<char>(0xf0 | code_point >> 18));
    out->push_back(static_cast<char>(0x80 | (code_point >> 12 & 0x3f)));
    out->push_back(static_cast<char>(0x80 | (code_point >> 6 & 0x3f)));
    out->push_back(static_cast<char>(0x80 | (code_point & 0x3f)));
  }
}

char32_t NextCodePoint(const char** at) {
  const uint8_t* bytes = reinterpret_cast<const uint8_t*>(*at);
  if (bytes[0] < 0x80) {
    *at += 1;
    return bytes[0];
  }
  if (bytes[0] < 0xe0) {
    *at += 2;
    return (bytes[0] & 0x1f) << 6 | (bytes[1] & 0x3f);
  }
  if (bytes[0] < 0xf0) {
    *at += 3;
    return (bytes[0] & 0x0f) << 12 | (bytes[1] & 0x3f) << 6 | (bytes[2] & 0x3f);
  }
  *at += 4;
  return (bytes[0] & 0x07) << 18 | (bytes[1] & 0x3f) << 12 | (bytes[2] & 0x3f) << 6 |
         (bytes[3] & 0x3f);
}

void AppendUnescaped(absl::string_view raw, std::string* out) {
  const char* at = raw.data();
  const char* const end = at + raw.size();
  while (at != end) {
    const char* escape = static_cast<const char*>(std::memchr(at, '\\', end - at));
    if (escape == nullptr) escape = end;
    out->append(at, escape - at);
    if (escape == end) return;
    if (escape[1] == 'u') {
      at = AppendUnicodeEscape(escape, end, out);
    } else {
      out->push_back(SimpleEscape(escape[1]));
      at = escape + 2;
    }
  }
}

std::string Unescaped(absl::string_view raw) {
  std::string out;
  AppendUnescaped(raw, &out);
  return out;
}

bool Utf16Less(absl::string_view a, absl::string_view b) {
  const auto [at_a, at_b] = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
  if (at_b == b.end()) return false;
  if (at_a == a.end()) return true;
  const uint8_t byte_a = *at_a;
  const uint8_t byte_b = *at_b;
  // Where the texts differ first, both bytes lead a code point or both continue one. In the second
  // case they share the lead, and UTF-8 order is UTF-16 order.
  if (byte_a >= 0xc0 && byte_b >= 0xc0) {
    const uint8_t rank_a = Utf16Rank(byte_a);
    const uint8_t rank_b = Utf16Rank(byte_b);
    if (rank_a != rank_b) return rank_a < rank_b;
  }
  return byte_a < byte_b;
}

}  // namespace pavane::rules
