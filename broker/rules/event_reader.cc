#include "rules/event_reader.h"

#include <bit>
#include <cstdint>
#include <cstring>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

#include "rules/json_string.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace pavane::rules {
namespace {

// Masks over 64 bytes of JSON text.
struct BracketBlock {
  uint64_t quotes = 0;
  uint64_t backslashes = 0;
  uint64_t open = 0;
  uint64_t close = 0;
};

// Brackets are recognised with bit 0x20 set, which makes `[` and `{` one, and `]` and `}`.
constexpr char kOpen = '{';
constexpr char kClose = '}';

// Bits of the characters that a backslash before them escapes. `carry`: whether the last backslash
// of a block escapes the first character of the next.
uint64_t EscapedBits(uint64_t backslashes, uint64_t* carry) {
  uint64_t escaped = 0;
  if (*carry != 0) {
    escaped = 1;
    backslashes &= ~uint64_t{1};
  }
  *carry = 0;
  while (backslashes != 0) {
    const int bit = std::countr_zero(backslashes);
    backslashes &= backslashes - 1;
    if (bit == 63) {
      *carry = 1;
      break;
    }
    escaped |= uint64_t{2} << bit;
    backslashes &= ~(uint64_t{2} << bit);
  }
  return escaped;
}

namespace plain {

struct Simd {
#if defined(__SSE2__)
  static constexpr size_t kBytes = 16;
  static __m128i Load(const char* p) {
    return _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
  }
  static __m128i Equal(__m128i bytes, char c) { return _mm_cmpeq_epi8(bytes, _mm_set1_epi8(c)); }
  static uint32_t Mask(__m128i bytes) { return static_cast<uint32_t>(_mm_movemask_epi8(bytes)); }

  static uint32_t Backslashes(const char* p) { return Mask(Equal(Load(p), '\\')); }
  static uint32_t ScalarEnd(const char* p) {
    const __m128i bytes = Load(p);
    const __m128i brackets = Equal(_mm_or_si128(bytes, _mm_set1_epi8(0x20)), kClose);
    const __m128i space = _mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8(' ')), bytes);
    return Mask(_mm_or_si128(_mm_or_si128(Equal(bytes, ','), brackets), space));
  }
  static void Brackets(const char* p, BracketBlock* block) {
    for (int i = 0; i < 4; ++i) {
      const __m128i bytes = Load(p + 16 * i);
      const __m128i lower = _mm_or_si128(bytes, _mm_set1_epi8(0x20));
      block->quotes |= uint64_t{Mask(Equal(bytes, '"'))} << (16 * i);
      block->backslashes |= uint64_t{Mask(Equal(bytes, '\\'))} << (16 * i);
      block->open |= uint64_t{Mask(Equal(lower, kOpen))} << (16 * i);
      block->close |= uint64_t{Mask(Equal(lower, kClose))} << (16 * i);
    }
  }
#else
  static constexpr size_t kBytes = 16;
  static uint32_t Backslashes(const char* p) {
    uint32_t mask = 0;
    for (int i = 0; i < 16; ++i) mask |= uint32_t{p[i] == '\\'} << i;
    return mask;
  }
  static uint32_t ScalarEnd(const char* p) {
    uint32_t mask = 0;
    for (int i = 0; i < 16; ++i) {
      mask |= uint32_t{p[i] == ',' || (p[i] | 0x20) == kClose || static_cast<uint8_t>(p[i]) <= ' '}
              << i;
    }
    return mask;
  }
  static void Brackets(const char* p, BracketBlock* block) {
    for (int i = 0; i < 64; ++i) {
      block->quotes |= uint64_t{p[i] == '"'} << i;
      block->backslashes |= uint64_t{p[i] == '\\'} << i;
      block->open |= uint64_t{(p[i] | 0x20) == kOpen} << i;
      block->close |= uint64_t{(p[i] | 0x20) == kClose} << i;
    }
  }
#endif
  static uint64_t PrefixXor(uint64_t mask) {
    for (int shift = 1; shift < 64; shift *= 2) mask ^= mask << shift;
    return mask;
  }
};

#include "rules/event_reader_simd.inc"

}  // namespace plain

#if defined(__x86_64__)

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,bmi,bmi2,lzcnt,popcnt,pclmul"))), \
                             apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2,bmi,bmi2,lzcnt,popcnt,pclmul")
#endif

namespace avx2 {

struct Simd {
  static constexpr size_t kBytes = 32;
  static __m256i Load(const char* p) {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
  }
  static __m256i Equal(__m256i bytes, char c) {
    return _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8(c));
  }
  static uint32_t Mask(__m256i bytes) { return static_cast<uint32_t>(_mm256_movemask_epi8(bytes)); }

  static uint32_t Backslashes(const char* p) { return Mask(Equal(Load(p), '\\')); }
  static uint32_t ScalarEnd(const char* p) {
    const __m256i bytes = Load(p);
    const __m256i brackets = Equal(_mm256_or_si256(bytes, _mm256_set1_epi8(0x20)), kClose);
    const __m256i space = _mm256_cmpeq_epi8(_mm256_min_epu8(bytes, _mm256_set1_epi8(' ')), bytes);
    return Mask(_mm256_or_si256(_mm256_or_si256(Equal(bytes, ','), brackets), space));
  }
  static void Brackets(const char* p, BracketBlock* block) {
    const __m256i low = Load(p);
    const __m256i high = Load(p + 32);
    const __m256i bit = _mm256_set1_epi8(0x20);
    const __m256i low_lower = _mm256_or_si256(low, bit);
    const __m256i high_lower = _mm256_or_si256(high, bit);
    block->quotes = Both(Equal(low, '"'), Equal(high, '"'));
    block->backslashes = Both(Equal(low, '\\'), Equal(high, '\\'));
    block->open = Both(Equal(low_lower, kOpen), Equal(high_lower, kOpen));
    block->close = Both(Equal(low_lower, kClose), Equal(high_lower, kClose));
  }
  static uint64_t Both(__m256i low, __m256i high) { return Mask(low) | uint64_t{Mask(high)} << 32; }
  static uint64_t PrefixXor(uint64_t mask) {
    const __m128i product = _mm_clmulepi64_si128(_mm_set_epi64x(0, static_cast<int64_t>(mask)),
                                                 _mm_set1_epi8(static_cast<char>(0xff)), 0);
    return static_cast<uint64_t>(_mm_cvtsi128_si64(product));
  }
};

#include "rules/event_reader_simd.inc"

}  // namespace avx2

#if defined(__clang__)
#pragma clang attribute pop
#pragma clang attribute push(                                                               \
    __attribute__((target("avx512f,avx512bw,avx512vl,avx2,bmi,bmi2,lzcnt,popcnt,pclmul"))), \
    apply_to = function)
#else
#pragma GCC pop_options
#pragma GCC push_options
#pragma GCC target("avx512f,avx512bw,avx512vl,avx2,bmi,bmi2,lzcnt,popcnt,pclmul")
#endif

namespace avx512 {

struct Simd {
  static constexpr size_t kBytes = 32;
  static __m256i Load(const char* p) {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
  }
  static uint32_t Backslashes(const char* p) {
    return _mm256_cmpeq_epi8_mask(Load(p), _mm256_set1_epi8('\\'));
  }
  static uint32_t ScalarEnd(const char* p) {
    const __m256i bytes = Load(p);
    return _mm256_cmpeq_epi8_mask(_mm256_or_si256(bytes, _mm256_set1_epi8(0x20)),
                                  _mm256_set1_epi8(kClose)) |
           _mm256_cmpeq_epi8_mask(bytes, _mm256_set1_epi8(',')) |
           _mm256_cmple_epu8_mask(bytes, _mm256_set1_epi8(' '));
  }
  static void Brackets(const char* p, BracketBlock* block) {
    const __m512i bytes = _mm512_loadu_si512(p);
    const __m512i lower = _mm512_or_si512(bytes, _mm512_set1_epi8(0x20));
    block->quotes = _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8('"'));
    block->backslashes = _mm512_cmpeq_epi8_mask(bytes, _mm512_set1_epi8('\\'));
    block->open = _mm512_cmpeq_epi8_mask(lower, _mm512_set1_epi8(kOpen));
    block->close = _mm512_cmpeq_epi8_mask(lower, _mm512_set1_epi8(kClose));
  }
  static uint64_t PrefixXor(uint64_t mask) {
    const __m128i product = _mm_clmulepi64_si128(_mm_set_epi64x(0, static_cast<int64_t>(mask)),
                                                 _mm_set1_epi8(static_cast<char>(0xff)), 0);
    return static_cast<uint64_t>(_mm_cvtsi128_si64(product));
  }
};

#include "rules/event_reader_simd.inc"

}  // namespace avx512

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif

#endif  // defined(__x86_64__)

// Whether a JSON text shows its own end; a number or literal ends where the text does.
bool IsDelimited(absl::string_view json) {
  const char first = absl::StripLeadingAsciiWhitespace(json)[0];
  return first == '{' || first == '[' || first == '"';
}

void AddScalar(uint32_t slot, absl::string_view spelling, EventValues* values) {
  const EventValue::Kind kind =
      spelling[0] <= '9' ? EventValue::Kind::kNumber : EventValue::Kind::kLiteral;
  values->Add(slot, kind, spelling.data(), spelling.size(), 0);
}

template <typename Reader>
void ReadMembers(const event::EventView& event, const PathTrie& trie, bool defer,
                 EventValues* values) {
  using Member = event::EventView::Member;
  for (const Member& member : event.members()) {
    const uint32_t number = trie.Descend(PathTrie::kRoot, member.name);
    if (number == PathTrie::kNone) continue;
    const PathTrie::Node& node = trie.node(number);
    if (member.kind == Member::kJson && IsDelimited(member.text)) {
      if (defer && member.text[0] == '{') {
        if (node.edge_count != 0) values->deferred().push_back({member.text.data(), number});
      } else {
        Reader(trie, event.distinct_paths(), values).ReadJson(node, member.text.data());
      }
      continue;
    }
    if (node.slot == PathTrie::kNone) continue;
    switch (member.kind) {
      case Member::kJson:
        AddScalar(node.slot, absl::StripAsciiWhitespace(member.text), values);
        break;
      case Member::kString:
        values->Add(node.slot, EventValue::Kind::kString, member.text.data(), member.text.size(),
                    0);
        break;
      case Member::kBoolean:
        AddScalar(node.slot, member.boolean ? "true" : "false", values);
        break;
      case Member::kInteger: {
        std::string* spelling = values->Decoded();
        absl::StrAppend(spelling, member.integer);
        AddScalar(node.slot, *spelling, values);
      }
    }
  }
}

template <typename Reader>
void Read(const event::EventView& event, const PathTrie& trie, bool defer, EventValues* values) {
  if (trie.node(PathTrie::kRoot).edge_count == 0) return;
  if (!event.members().empty()) ReadMembers<Reader>(event, trie, defer, values);
  if (!event.root_json().empty()) {
    Reader(trie, event.distinct_paths(), values).ReadRoot(event.root_json().data(), defer);
  }
}

template <typename Reader>
void ReadRest(const event::EventView& event, const PathTrie& trie, EventValues* values) {
  for (const EventValues::Deferred& deferred : values->deferred()) {
    Reader(trie, event.distinct_paths(), values).ReadJson(trie.node(deferred.node), deferred.at);
  }
  values->deferred().clear();
}

// How wide the processor's vectors are, in bytes.
int VectorBytes() {
#if defined(__x86_64__)
  static const int kBytes = [] {
    if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("bmi2") ||
        !__builtin_cpu_supports("pclmul")) {
      return 16;
    }
    return __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") ? 64 : 32;
  }();
  return kBytes;
#else
  return 16;
#endif
}

}  // namespace

void ReadEvent(const event::EventView& event, const PathTrie& trie, bool defer,
               EventValues* values) {
#if defined(__x86_64__)
  if (VectorBytes() == 64) return Read<avx512::Reader>(event, trie, defer, values);
  if (VectorBytes() == 32) return Read<avx2::Reader>(event, trie, defer, values);
#endif
  Read<plain::Reader>(event, trie, defer, values);
}

void ReadDeferred(const event::EventView& event, const PathTrie& trie, EventValues* values) {
#if defined(__x86_64__)
  if (VectorBytes() == 64) return ReadRest<avx512::Reader>(event, trie, values);
  if (VectorBytes() == 32) return ReadRest<avx2::Reader>(event, trie, values);
#endif
  ReadRest<plain::Reader>(event, trie, values);
}

}  // namespace pavane::rules
