#include "event/hashes.h"

#include <string>

#include "xxhash.h"

namespace pavane::event {
namespace {

enum Seed : uint64_t { kIdentity = 0, kDedupKey = 1, kCorrelation = 2, kId = 3 };

Hash128 Hash(absl::string_view bytes, Seed seed) {
  const XXH128_hash_t hash = XXH3_128bits_withSeed(bytes.data(), bytes.size(), seed);
  return Hash128{hash.high64, hash.low64};
}

void AppendPrefixed(absl::string_view text, std::string* out) {
  uint64_t size = text.size();
  for (int i = 0; i < 8; ++i, size >>= 8) out->push_back(static_cast<char>(size & 0xff));
  out->append(text.data(), text.size());
}

}  // namespace

Hash128 HashIdentity(absl::string_view source, absl::string_view id) {
  std::string bytes;
  bytes.reserve(source.size() + id.size() + 16);
  AppendPrefixed(source, &bytes);
  AppendPrefixed(id, &bytes);
  return Hash(bytes, kIdentity);
}

Hash128 HashId(absl::string_view id) { return Hash(id, kId); }

Hash128 HashDedupKey(absl::string_view key) { return Hash(key, kDedupKey); }

Hash128 HashCorrelation(absl::string_view correlation_id) {
  return Hash(correlation_id, kCorrelation);
}

}  // namespace pavane::event
