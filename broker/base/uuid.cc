#include "base/uuid.h"

#include <cstddef>
#include <cstring>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include <openssl/evp.h>

#include "base/check.h"
#include "base/hex.h"

namespace pavane {
namespace {

constexpr size_t kTextSize = 36;
constexpr size_t kUlidSize = 26;

bool IsHyphenPlace(size_t i) { return i == 8 || i == 13 || i == 18 || i == 23; }

void SetVersion(std::array<uint8_t, 16>& bytes, int version) {
  bytes[6] = static_cast<uint8_t>((bytes[6] & 0x0f) | version << 4);
  bytes[8] = static_cast<uint8_t>((bytes[8] & 0x3f) | 0x80);
}

/// SHA-1 with what libcrypto would look up and allocate each time kept for the thread: a digest of
/// a name costs a fifth so.
class Sha1 {
 public:
  using Digest = std::array<uint8_t, EVP_MAX_MD_SIZE>;

  static Sha1& OfThread() {
    thread_local Sha1 sha1;
    return sha1;
  }
  ~Sha1() { EVP_MD_CTX_free(context_); }
  Sha1(const Sha1&) = delete;
  Sha1& operator=(const Sha1&) = delete;

  Digest Of(absl::string_view first, absl::string_view second) {
    Digest digest;
    unsigned int size = 0;
    const bool done = EVP_DigestInit_ex(context_, Method(), nullptr) == 1 &&
                      EVP_DigestUpdate(context_, first.data(), first.size()) == 1 &&
                      EVP_DigestUpdate(context_, second.data(), second.size()) == 1 &&
                      EVP_DigestFinal_ex(context_, digest.data(), &size) == 1;
    CHECK(done && size >= 16) << "libcrypto has no SHA-1";
    return digest;
  }

 private:
  Sha1() = default;

  static const EVP_MD* Method() {
    static const EVP_MD* const method = EVP_MD_fetch(nullptr, "SHA1", nullptr);  // never freed
    return method;
  }

  EVP_MD_CTX* const context_ = EVP_MD_CTX_new();
};

}  // namespace

Uuid Uuid::Random(pavane::Random& random) {
  std::array<uint8_t, 16> bytes;
  const uint64_t words[2] = {random.Uint64(), random.Uint64()};
  std::memcpy(bytes.data(), words, bytes.size());
  SetVersion(bytes, 4);
  return Uuid(bytes);
}

Uuid Uuid::FromName(const Uuid& name_space, absl::string_view name) {
  const absl::string_view space(reinterpret_cast<const char*>(name_space.bytes_.data()),
                                name_space.bytes_.size());
  const Sha1::Digest digest = Sha1::OfThread().Of(space, name);
  std::array<uint8_t, 16> bytes;
  std::memcpy(bytes.data(), digest.data(), bytes.size());
  SetVersion(bytes, 5);
  return Uuid(bytes);
}

std::optional<Uuid> Uuid::Parse(absl::string_view text) {
  if (!IsUuid(text)) return std::nullopt;
  std::array<uint8_t, 16> bytes;
  size_t at = 0;
  for (uint8_t& byte : bytes) {
    if (IsHyphenPlace(at)) ++at;
    byte = static_cast<uint8_t>(HexDigit(text[at]) << 4 | HexDigit(text[at + 1]));
    at += 2;
  }
  return Uuid(bytes);
}

std::string Uuid::ToString() const {
  const std::string hex =
      ToHex(absl::string_view(reinterpret_cast<const char*>(bytes_.data()), bytes_.size()));
  const absl::string_view h = hex;
  return absl::StrCat(h.substr(0, 8), "-", h.substr(8, 4), "-", h.substr(12, 4), "-",
                      h.substr(16, 4), "-", h.substr(20));
}

bool IsUuid(absl::string_view text) {
  if (text.size() != kTextSize) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (IsHyphenPlace(i) ? text[i] != '-' : HexDigit(text[i]) < 0) return false;
  }
  return true;
}

bool IsUlid(absl::string_view text) {
  // 26 digits hold 130 bits; a first digit above 7 would need the two that do not exist.
  if (text.size() != kUlidSize || text[0] < '0' || text[0] > '7') return false;
  for (char c : text) {
    const char upper = absl::ascii_toupper(static_cast<unsigned char>(c));
    if (!absl::ascii_isalnum(static_cast<unsigned char>(c))) return false;
    if (upper == 'I' || upper == 'L' || upper == 'O' || upper == 'U') return false;
  }
  return true;
}

}  // namespace pavane
