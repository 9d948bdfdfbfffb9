// StrongInt<Tag, T>: an integer that cannot be mistaken for another one.
//
// Sequence and Position are both 64 bits wide and mean different things; as strong integers the
// compiler keeps them apart. Zero is the default and means "none" by convention of ids.h. Hashes,
// orders, streams, and formats with absl::StrFormat("%d") and, in log lines, with fmt;
// for StrCat take value().
#ifndef PAVANE_BASE_STRONG_ID_H_
#define PAVANE_BASE_STRONG_ID_H_

#include <compare>
#include <concepts>
#include <cstddef>
#include <functional>
#include <ostream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "fmt/core.h"

namespace pavane {

template <typename Tag, std::unsigned_integral T>
class StrongInt {
 public:
  using ValueType = T;

  constexpr StrongInt() = default;
  constexpr explicit StrongInt(T value) : value_(value) {}

  constexpr T value() const { return value_; }
  // True unless it is the zero that means "none".
  constexpr explicit operator bool() const { return value_ != 0; }

  friend constexpr auto operator<=>(const StrongInt&, const StrongInt&) = default;

  constexpr StrongInt& operator++() {
    ++value_;
    return *this;
  }
  constexpr StrongInt& operator--() {
    --value_;
    return *this;
  }
  constexpr StrongInt Next() const { return StrongInt(static_cast<T>(value_ + 1)); }
  friend constexpr StrongInt operator+(StrongInt a, T n) {
    return StrongInt(static_cast<T>(a.value_ + n));
  }
  friend constexpr StrongInt operator-(StrongInt a, T n) {
    return StrongInt(static_cast<T>(a.value_ - n));
  }
  friend constexpr T operator-(StrongInt a, StrongInt b) {
    return static_cast<T>(a.value_ - b.value_);
  }

  template <typename H>
  friend H AbslHashValue(H state, StrongInt id) {
    return H::combine(std::move(state), id.value_);
  }
  friend std::ostream& operator<<(std::ostream& out, StrongInt id) { return out << +id.value_; }
  friend absl::FormatConvertResult<absl::FormatConversionCharSet::kIntegral> AbslFormatConvert(
      StrongInt id, const absl::FormatConversionSpec&, absl::FormatSink* sink) {
    sink->Append(absl::StrCat(id.value_));
    return {true};
  }

 private:
  T value_ = 0;
};

}  // namespace pavane

template <typename Tag, typename T>
struct std::hash<pavane::StrongInt<Tag, T>> {
  std::size_t operator()(pavane::StrongInt<Tag, T> id) const { return std::hash<T>()(id.value()); }
};

template <typename Tag, typename T>
struct fmt::formatter<pavane::StrongInt<Tag, T>> : fmt::formatter<T> {
  template <typename Context>
  auto format(pavane::StrongInt<Tag, T> id, Context& context) const {
    return fmt::formatter<T>::format(id.value(), context);
  }
};

#endif  // PAVANE_BASE_STRONG_ID_H_
