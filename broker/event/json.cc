#include "event/json.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "simdjson.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace pavane::event {
namespace {

// Equal names hash alike; unequal ones may, too: then a text is taken to repeat a name although it
// does not, which costs its readers a little speed and nothing else.
uint64_t HashName(const char* begin, const char* end) {
  const size_t size = end - begin;
  uint64_t hash = size * 0x9e3779b97f4a7c15u;
  uint64_t word = 0;
  if (size >= 8) {
    for (const char* at = begin; at + 8 <= end; at += 8) {
      std::memcpy(&word, at, 8);
      hash = (hash ^ word) * 0xff51afd7ed558ccdu;
      hash ^= hash >> 29;
    }
    std::memcpy(&word, end - 8, 8);
  } else {
    std::memcpy(&word, begin, size);
  }
  hash = (hash ^ word) * 0xff51afd7ed558ccdu;
  return hash ^ (hash >> 32);
}

// One pass over the text, with a stack of the open objects and arrays; no recursion.
class Validator {
 public:
  Validator(absl::string_view text, size_t depth_max)
      : begin_(text.data()), at_(begin_), end_(begin_ + text.size()), depth_max_(depth_max) {}

  absl::StatusOr<JsonShape> Run() {
    SkipSpace();
    JsonShape shape;
    shape.top = at_ == end_   ? JsonShape::kScalar
                : *at_ == '{' ? JsonShape::kObject
                : *at_ == '[' ? JsonShape::kArray
                              : JsonShape::kScalar;
    if (!Values()) {
      return absl::InvalidArgumentError(
          absl::StrCat("invalid JSON at byte ", at_ - begin_, ": ", error_));
    }
    shape.distinct_paths = distinct_;
    return shape;
  }

 private:
  struct Open {
    bool is_object;
    uint32_t first_name;  // where the object's names begin in names_
  };

  bool Fail(const char* error) {
    error_ = error;
    return false;
  }

  void SkipSpace() {
    while (at_ != end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\t' || *at_ == '\r')) ++at_;
  }

  // Everything up to the end of the text.
  bool Values() {
    while (true) {
      if (!BeginValue()) return false;
      if (opened_) continue;
      if (!AfterValue()) return false;
      if (done_) return true;
    }
  }

  // Reads a scalar, or the opening of a container up to its first value; opened_ tells which.
  bool BeginValue() {
    opened_ = false;
    if (at_ == end_) return Fail("the text ends where a value is expected");
    switch (*at_) {
      case '{':
        return BeginObject();
      case '[':
        return BeginArray();
      case '"':
        return String();
      case 't':
        return Literal("true", 4);
      case 'f':
        return Literal("false", 5);
      case 'n':
        return Literal("null", 4);
      default:
        return Number();
    }
  }

  bool Push(bool is_object) {
    if (open_.size() >= depth_max_) return Fail("nested too deep");
    open_.push_back({is_object, static_cast<uint32_t>(names_.size())});
    ++at_;
    SkipSpace();
    return true;
  }

  bool BeginObject() {
    if (!Push(true)) return false;
    if (at_ != end_ && *at_ == '}') {
      ++at_;
      open_.pop_back();
      return true;
    }
    opened_ = true;
    return Name();
  }

  bool BeginArray() {
    if (!Push(false)) return false;
    if (at_ != end_ && *at_ == ']') {
      ++at_;
      open_.pop_back();
      return true;
    }
    opened_ = true;
    return true;
  }

  bool Name() {
    if (at_ == end_ || *at_ != '"') return Fail("a name in quotes is expected");
    const char* begin = at_ + 1;
    const bool escapes_before = escapes_;
    escapes_ = false;
    if (!String()) return false;
    const char* end = at_ - 1;
    if (distinct_) {
      if (escapes_ || std::memchr(begin, '.', end - begin) != nullptr) distinct_ = false;
      names_.push_back(HashName(begin, end));
    }
    escapes_ = escapes_before;
    SkipSpace();
    if (at_ == end_ || *at_ != ':') return Fail("a colon is expected after a name");
    ++at_;
    SkipSpace();
    return true;
  }

  // Closes containers as long as they end here, then steps to the next value.
  bool AfterValue() {
    while (true) {
      SkipSpace();
      if (open_.empty()) {
        if (at_ != end_) return Fail("nothing may follow the value");
        done_ = true;
        return true;
      }
      if (at_ == end_) return Fail("the text ends inside an object or array");
      const bool is_object = open_.back().is_object;
      if (*at_ == ',') {
        ++at_;
        SkipSpace();
        return is_object ? Name() : true;
      }
      if (*at_ != (is_object ? '}' : ']')) {
        return Fail(is_object ? "a comma or } is expected" : "a comma or ] is expected");
      }
      ++at_;
      if (is_object) CloseObject();
      open_.pop_back();
    }
  }

  void CloseObject() {
    if (!distinct_) return;
    const auto first = names_.begin() + open_.back().first_name;
    if (names_.end() - first <= 8) {
      for (auto a = first; a != names_.end(); ++a) {
        for (auto b = first; b != a; ++b) distinct_ &= *a != *b;
      }
    } else {
      std::sort(first, names_.end());
      distinct_ = std::adjacent_find(first, names_.end()) == names_.end();
    }
    names_.erase(first, names_.end());
  }

  bool Literal(const char* literal, size_t size) {
    if (static_cast<size_t>(end_ - at_) < size || std::memcmp(at_, literal, size) != 0) {
      return Fail("not a JSON value");
    }
    at_ += size;
    return true;
  }

  static bool IsDigit(char c) { return c >= '0' && c <= '9'; }

  bool Digits() {
    if (at_ == end_ || !IsDigit(*at_)) return Fail("a digit is expected");
    while (at_ != end_ && IsDigit(*at_)) ++at_;
    return true;
  }

  bool Number() {
    const char* begin = at_;
    if (*at_ == '-') ++at_;
    if (at_ == end_ || !IsDigit(*at_)) {
      return Fail(at_ == begin ? "not a JSON value" : "a digit is expected");
    }
    if (*at_ == '0') {
      ++at_;
      if (at_ != end_ && IsDigit(*at_)) return Fail("a number may not begin with 0");
    } else if (!Digits()) {
      return false;
    }
    if (at_ != end_ && *at_ == '.') {
      ++at_;
      if (!Digits()) return false;
    }
    if (at_ != end_ && (*at_ == 'e' || *at_ == 'E')) {
      ++at_;
      if (at_ != end_ && (*at_ == '+' || *at_ == '-')) ++at_;
      if (!Digits()) return false;
    }
    return true;
  }

  // To the next byte that a string may not simply contain: quote, backslash or control character.
  void SkipPlain() {
#if defined(__SSE2__)
    const __m128i quote = _mm_set1_epi8('"');
    const __m128i backslash = _mm_set1_epi8('\\');
    const __m128i control = _mm_set1_epi8(0x1f);
    while (end_ - at_ >= 16) {
      const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at_));
      const __m128i found =
          _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(bytes, quote), _mm_cmpeq_epi8(bytes, backslash)),
                       _mm_cmpeq_epi8(_mm_min_epu8(bytes, control), bytes));
      const int mask = _mm_movemask_epi8(found);
      if (mask != 0) {
        at_ += __builtin_ctz(mask);
        return;
      }
      at_ += 16;
    }
#endif
    while (at_ != end_ && *at_ != '"' && *at_ != '\\' && static_cast<uint8_t>(*at_) >= 0x20) ++at_;
  }

  bool String() {
    ++at_;
    while (true) {
      SkipPlain();
      if (at_ == end_) return Fail("the text ends inside a string");
      if (*at_ == '"') {
        ++at_;
        return true;
      }
      if (*at_ != '\\') return Fail("a control character in a string must be escaped");
      if (!Escape()) return false;
    }
  }

  bool Escape() {
    escapes_ = true;
    ++at_;
    if (at_ == end_) return Fail("the text ends inside a string");
    if (*at_ == 'u') {
      for (int i = 0; i < 4; ++i) {
        ++at_;
        if (at_ == end_ || !IsHex(*at_)) return Fail("four hexadecimal digits must follow \\u");
      }
    } else if (*at_ == '\0' || std::strchr("\"\\/bfnrt", *at_) == nullptr) {
      return Fail("not an escape that JSON knows");
    }
    ++at_;
    return true;
  }

  static bool IsHex(char c) {
    return IsDigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
  }

  const char* const begin_;
  const char* at_;
  const char* const end_;
  const size_t depth_max_;
  absl::InlinedVector<Open, 32> open_;
  absl::InlinedVector<uint64_t, 64> names_;  // hashes of the names of the open objects
  bool distinct_ = true;
  bool escapes_ = false;  // the string just read had one
  bool opened_ = false;
  bool done_ = false;
  const char* error_ = "";
};

}  // namespace

absl::StatusOr<JsonShape> ValidateJson(absl::string_view text, size_t depth_max) {
  if (text.empty()) return absl::InvalidArgumentError("invalid JSON at byte 0: the text is empty");
  if (!simdjson::validate_utf8(text.data(), text.size())) {
    return absl::InvalidArgumentError("invalid JSON: the text is not UTF-8");
  }
  return Validator(text, depth_max).Run();
}

}  // namespace pavane::event
