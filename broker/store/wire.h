// Little-endian numbers, varints and length-prefixed bytes, appended to a string and read back with
// bounds checked: what the columns of blocks and commit records are made of.
#ifndef PAVANE_STORE_WIRE_H_
#define PAVANE_STORE_WIRE_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"

#include "event/hash128.h"

namespace pavane::store {

/// Appends to a string that outlives it.
class WireWriter {
 public:
  explicit WireWriter(std::string& out) : out_(out) {}

  void Byte(uint8_t value) { out_.push_back(static_cast<char>(value)); }
  void Varint(uint64_t value) {
    char buffer[10];
    size_t size = 0;
    for (; value >= 0x80; value >>= 7) buffer[size++] = static_cast<char>(value | 0x80);
    buffer[size++] = static_cast<char>(value);
    out_.append(buffer, size);
  }
  /// Zigzag: small for small values of either sign.
  void Signed(int64_t value) {
    Varint((static_cast<uint64_t>(value) << 1) ^ static_cast<uint64_t>(value >> 63));
  }
  void Fixed64(uint64_t value) {
    char buffer[8];
    for (int i = 0; i < 8; ++i) buffer[i] = static_cast<char>(value >> (8 * i));
    out_.append(buffer, sizeof(buffer));
  }
  void Hash(const event::Hash128& hash) {
    Fixed64(hash.high);
    Fixed64(hash.low);
  }
  void Bytes(absl::string_view bytes) {
    Varint(bytes.size());
    out_.append(bytes.data(), bytes.size());
  }

 private:
  std::string& out_;
};

/// Reads what WireWriter wrote. After a read beyond the end everything reads as zero and ok() is
/// false: callers check once at the end, and bound every count by remaining() before they allocate.
class WireReader {
 public:
  explicit WireReader(absl::string_view in) : at_(in.data()), end_(in.data() + in.size()) {}

  bool ok() const { return ok_; }
  bool done() const { return ok_ && at_ == end_; }
  size_t remaining() const { return static_cast<size_t>(end_ - at_); }
  void Fail() {
    ok_ = false;
    at_ = end_;
  }

  uint8_t Byte() {
    if (at_ == end_) {
      Fail();
      return 0;
    }
    return static_cast<uint8_t>(*at_++);
  }
  uint64_t Varint() {
    uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      if (at_ == end_) break;
      const auto byte = static_cast<uint8_t>(*at_++);
      if (shift == 63 && byte > 1) break;
      value |= static_cast<uint64_t>(byte & 0x7f) << shift;
      if ((byte & 0x80) == 0) return value;
    }
    Fail();
    return 0;
  }
  int64_t Signed() {
    const uint64_t value = Varint();
    return static_cast<int64_t>((value >> 1) ^ (~(value & 1) + 1));
  }
  uint64_t Fixed64() {
    if (remaining() < 8) {
      Fail();
      return 0;
    }
    uint64_t value = 0;
    for (int i = 0; i < 8; ++i) {
      value |= static_cast<uint64_t>(static_cast<uint8_t>(*at_++)) << (8 * i);
    }
    return value;
  }
  event::Hash128 Hash() {
    event::Hash128 hash;
    hash.high = Fixed64();
    hash.low = Fixed64();
    return hash;
  }
  /// Points into the input.
  absl::string_view Bytes() { return Raw(Varint()); }
  absl::string_view Raw(uint64_t size) {
    if (size > remaining()) {
      Fail();
      return {};
    }
    const absl::string_view bytes(at_, size);
    at_ += size;
    return bytes;
  }
  /// A number of items of at least `item_bytes` each: fails rather than promise more than is left.
  size_t Count(size_t item_bytes = 1) {
    const uint64_t count = Varint();
    if (count > remaining() / item_bytes) {
      Fail();
      return 0;
    }
    return count;
  }

 private:
  const char* at_;
  const char* end_;
  bool ok_ = true;
};

}  // namespace pavane::store

#endif  // PAVANE_STORE_WIRE_H_
