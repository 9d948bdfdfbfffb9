#include "rules/number.h"

#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdlib>

namespace pavane::rules {
namespace {

// More significant digits than the shortest spelling of any double has.
constexpr int kDigitsMax = 17;

// mantissa * 10^exponent without the sign; the mantissa does not end in 0, unless it is 0.
struct Decimal {
  uint64_t mantissa = 0;
  int digits = 0;
  int64_t exponent = 0;
  bool too_long = false;  // more than kDigitsMax digits

  friend bool operator==(const Decimal& a, const Decimal& b) {
    return a.mantissa == b.mantissa && a.exponent == b.exponent;
  }
};

class DecimalReader {
 public:
  explicit DecimalReader(absl::string_view text) : at_(text.data()), end_(at_ + text.size()) {}

  Decimal Read() {
    if (at_ != end_ && *at_ == '-') ++at_;
    ReadDigits(false);
    if (at_ != end_ && *at_ == '.') {
      ++at_;
      ReadDigits(true);
    }
    // The zeros since the last other digit stand before or after the point alike.
    decimal_.exponent = decimal_.mantissa == 0 ? 0 : zeros_ - fraction_digits_ + ReadExponent();
    return decimal_;
  }

 private:
  void ReadDigits(bool fraction) {
    for (; at_ != end_ && *at_ >= '0' && *at_ <= '9'; ++at_) {
      if (fraction) ++fraction_digits_;
      if (*at_ == '0') {
        if (decimal_.digits != 0) ++zeros_;
      } else {
        Append(*at_ - '0');
      }
    }
  }

  void Append(int digit) {
    if (decimal_.digits + zeros_ + 1 > kDigitsMax) {
      decimal_.too_long = true;
      return;
    }
    for (; zeros_ > 0; --zeros_, ++decimal_.digits) decimal_.mantissa *= 10;
    decimal_.mantissa = decimal_.mantissa * 10 + digit;
    ++decimal_.digits;
  }

  int64_t ReadExponent() {
    if (at_ == end_) return 0;
    ++at_;  // e or E
    const bool negative = *at_ == '-';
    if (*at_ == '-' || *at_ == '+') ++at_;
    int64_t exponent = 0;
    for (; at_ != end_; ++at_) {
      if (exponent < 1'000'000'000'000) exponent = exponent * 10 + (*at_ - '0');
    }
    return negative ? -exponent : exponent;
  }

  const char* at_;
  const char* const end_;
  Decimal decimal_;
  int64_t zeros_ = 0;
  int64_t fraction_digits_ = 0;
};

// The shortest decimal that reads as `value`. Where one digit would do, the nearest with two, as
// Java has it: they differ for a few of the smallest doubles only (4.9e-324).
Decimal Shortest(double value) {
  char text[40];
  auto result = std::to_chars(text, text + sizeof(text), value, std::chars_format::scientific);
  if (text[1] == 'e') {
    result = std::to_chars(text, text + sizeof(text), value, std::chars_format::scientific, 1);
  }
  return DecimalReader(absl::string_view(text, result.ptr - text)).Read();
}

std::optional<double> Signed(double value, absl::string_view text) {
  return text[0] == '-' ? -value : value;
}

// Both these and a mantissa of so many digits are exact doubles, so that one rounding gives the
// double nearest to their product or quotient.
constexpr int kExactDigits = 15;
constexpr double kPowers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                              1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                              1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

}  // namespace

std::optional<double> PlainNumber(absl::string_view text) {
  const char* at = text.data();
  const char* const end = at + text.size();
  const bool negative = *at == '-';
  if (negative) ++at;
  if (end - at > kExactDigits + 1) return std::nullopt;
  uint64_t mantissa = 0;
  const char* point = end;
  for (; at != end; ++at) {
    const uint32_t digit = static_cast<uint32_t>(*at) - '0';
    if (digit <= 9) {
      mantissa = mantissa * 10 + digit;
    } else if (*at == '.') {
      point = at + 1;
    } else {
      return std::nullopt;  // an exponent
    }
  }
  if (point == end && text.size() - negative > kExactDigits) return std::nullopt;
  if (mantissa == 0) return 0.0;
  const double value = static_cast<double>(mantissa) / kPowers[end - point];
  return negative ? -value : value;
}

std::optional<double> ComparableNumber(absl::string_view text) {
  if (const std::optional<double> plain = PlainNumber(text)) return plain;
  const Decimal decimal = DecimalReader(text).Read();
  if (decimal.too_long) return std::nullopt;
  if (decimal.mantissa == 0) return 0.0;
  if (decimal.digits <= kExactDigits && decimal.exponent >= -22 && decimal.exponent <= 22) {
    const double mantissa = static_cast<double>(decimal.mantissa);
    return Signed(decimal.exponent < 0 ? mantissa / kPowers[-decimal.exponent]
                                       : mantissa * kPowers[decimal.exponent],
                  text);
  }
  const int64_t magnitude = decimal.exponent + decimal.digits;
  if (magnitude > 310 || magnitude < -330) return std::nullopt;
  char spelling[48];
  char* end = std::to_chars(spelling, spelling + 24, decimal.mantissa).ptr;
  *end++ = 'e';
  end = std::to_chars(end, spelling + sizeof(spelling), decimal.exponent).ptr;
  double value = 0;
  const auto read = std::from_chars(spelling, end, value);
  if (read.ec != std::errc() || !std::isfinite(value) || value == 0) return std::nullopt;
  const bool normal = magnitude > -300 && magnitude < 300;
  if (!(decimal.digits <= kExactDigits && normal) && !(Shortest(value) == decimal))
    return std::nullopt;
  return Signed(value, text);
}

}  // namespace pavane::rules
