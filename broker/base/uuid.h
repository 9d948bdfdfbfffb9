#ifndef PAVANE_BASE_UUID_H_
#define PAVANE_BASE_UUID_H_

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"

#include "base/random.h"

namespace pavane {

// A 128-bit identifier, RFC 4122. A value.
class Uuid {
 public:
  constexpr Uuid() = default;
  constexpr explicit Uuid(const std::array<uint8_t, 16>& bytes) : bytes_(bytes) {}

  // Version 4: random.
  static Uuid Random(pavane::Random& random);
  // Version 5: always the same for the same name in the same space.
  static Uuid FromName(const Uuid& name_space, absl::string_view name);
  // The 36-character form with hyphens, either case.
  static std::optional<Uuid> Parse(absl::string_view text);

  // Lower case, with hyphens.
  std::string ToString() const;
  const std::array<uint8_t, 16>& bytes() const { return bytes_; }

  friend auto operator<=>(const Uuid&, const Uuid&) = default;

 private:
  std::array<uint8_t, 16> bytes_ = {};
};

// The space of every UUIDv5 the broker derives. Never change it: derived event ids depend on it.
inline constexpr Uuid kPavaneUuidSpace(std::array<uint8_t, 16>{0x3d, 0x2f, 0x8a, 0x51, 0x6c, 0x0e,
                                                               0x4b, 0x97, 0x9a, 0x44, 0x1f, 0xd3,
                                                               0x70, 0xb8, 0x25, 0xec});

// 36 characters, hyphens at their places, any version.
bool IsUuid(absl::string_view text);
// 26 characters of Crockford's base 32, either case, at most 128 bits.
bool IsUlid(absl::string_view text);

}  // namespace pavane

#endif  // PAVANE_BASE_UUID_H_
