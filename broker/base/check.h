// CHECK(condition) << "which invariant, and why it must hold";
//
// For our own promises only, always on: a failed check prints the place, the condition, the
// operands and the message to stderr and aborts. Bytes from a caller never reach a CHECK; they get
// a Status. Same names and meaning as upstream abseil's, which the distribution's abseil does not
// have yet.
#ifndef PAVANE_BASE_CHECK_H_
#define PAVANE_BASE_CHECK_H_

#include <memory>
#include <sstream>
#include <string>
#include <type_traits>

namespace pavane::check_internal {

// Collects the message; the destructor, at the end of the full expression, ends the process.
class Failure {
 public:
  Failure(const char* file, int line, const std::string& what);
  [[noreturn]] ~Failure();
  Failure(const Failure&) = delete;
  Failure& operator=(const Failure&) = delete;
  std::ostream& stream() { return stream_; }

 private:
  std::ostringstream stream_;
};

// Lets the macro be a void expression; & binds weaker than <<.
struct Voidify {
  void operator&(std::ostream&) const {}
};

template <typename T>
void Print(std::ostream& out, const T& value) {
  if constexpr (requires { out << value; }) {
    out << value;
  } else if constexpr (std::is_enum_v<T>) {
    out << +static_cast<std::underlying_type_t<T>>(value);
  } else {
    out << "(unprintable)";
  }
}

// Null if `ok`, else the text of the failed comparison.
template <typename A, typename B>
std::unique_ptr<std::string> Compare(bool ok, const char* text, const A& a, const B& b) {
  if (ok) [[likely]]
    return nullptr;
  std::ostringstream out;
  out << text << " (";
  Print(out, a);
  out << " vs. ";
  Print(out, b);
  out << ")";
  return std::make_unique<std::string>(out.str());
}

}  // namespace pavane::check_internal

// NOLINTBEGIN(bugprone-macro-parentheses): the message follows with <<
#define CHECK(condition)                              \
  (__builtin_expect(static_cast<bool>(condition), 1)) \
      ? (void)0                                       \
      : ::pavane::check_internal::Voidify() &         \
            ::pavane::check_internal::Failure(__FILE__, __LINE__, #condition).stream()
// NOLINTEND(bugprone-macro-parentheses)

// The operands are evaluated once. `while` makes it a statement that takes << and runs at most
// once.
#define PAVANE_CHECK_OP(op, a, b)                                              \
  while (auto pavane_check_failed = [](const auto& x, const auto& y) {         \
    return ::pavane::check_internal::Compare(x op y, #a " " #op " " #b, x, y); \
  }((a), (b)))                                                                 \
  ::pavane::check_internal::Failure(__FILE__, __LINE__, *pavane_check_failed).stream()

#define CHECK_EQ(a, b) PAVANE_CHECK_OP(==, a, b)
#define CHECK_NE(a, b) PAVANE_CHECK_OP(!=, a, b)
#define CHECK_LT(a, b) PAVANE_CHECK_OP(<, a, b)
#define CHECK_LE(a, b) PAVANE_CHECK_OP(<=, a, b)
#define CHECK_GT(a, b) PAVANE_CHECK_OP(>, a, b)
#define CHECK_GE(a, b) PAVANE_CHECK_OP(>=, a, b)

// For a Status or StatusOr that our own code guarantees to be OK.
#define CHECK_OK(expression)                                                                    \
  while (auto pavane_check_failed = ::pavane::check_internal::NotOk(#expression, (expression))) \
  ::pavane::check_internal::Failure(__FILE__, __LINE__, *pavane_check_failed).stream()

namespace pavane::check_internal {

// A template so that this header does not pull absl/status in.
template <typename S>
std::unique_ptr<std::string> NotOk(const char* text, const S& status) {
  if (status.ok()) [[likely]]
    return nullptr;
  if constexpr (requires { status.status(); }) {
    return std::make_unique<std::string>(std::string(text) + " is " + status.status().ToString());
  } else {
    return std::make_unique<std::string>(std::string(text) + " is " + status.ToString());
  }
}

}  // namespace pavane::check_internal

#endif  // PAVANE_BASE_CHECK_H_
