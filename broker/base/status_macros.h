// Passing errors up without noise:
//
//   RETURN_IF_ERROR(store.Append(record));
//   ASSIGN_OR_RETURN(Rule rule, catalog.Find(name));
//
// Both work in functions that return absl::Status or absl::StatusOr<T>. Context is added once, by
// the function that knows it, with `Annotate`.
#ifndef PAVANE_BASE_STATUS_MACROS_H_
#define PAVANE_BASE_STATUS_MACROS_H_

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace pavane {

// "CONTEXT: MESSAGE" with the same code and payloads; an OK status stays OK.
inline absl::Status Annotate(const absl::Status& status, absl::string_view context) {
  if (status.ok()) return status;
  absl::Status annotated(status.code(), absl::StrCat(context, ": ", status.message()));
  status.ForEachPayload([&](absl::string_view url, const absl::Cord& payload) {
    annotated.SetPayload(url, payload);
  });
  return annotated;
}

namespace status_internal {

inline absl::Status ToStatus(absl::Status status) { return status; }
template <typename T>
absl::Status ToStatus(absl::StatusOr<T> status_or) {
  return std::move(status_or).status();
}

}  // namespace status_internal
}  // namespace pavane

#define PAVANE_MACRO_CONCAT_INNER(a, b) a##b
#define PAVANE_MACRO_CONCAT(a, b) PAVANE_MACRO_CONCAT_INNER(a, b)

#define RETURN_IF_ERROR(expression)                                                 \
  do {                                                                              \
    absl::Status pavane_status = ::pavane::status_internal::ToStatus((expression)); \
    if (!pavane_status.ok()) [[unlikely]]                                           \
      return pavane_status;                                                         \
  } while (false)

// The right-hand side is variadic so that it may hold commas: ASSIGN_OR_RETURN(auto x, F<A, B>()).
#define ASSIGN_OR_RETURN(left, ...) \
  PAVANE_ASSIGN_OR_RETURN(PAVANE_MACRO_CONCAT(pavane_status_or_, __LINE__), left, __VA_ARGS__)

#define PAVANE_ASSIGN_OR_RETURN(status_or, left, ...) \
  auto status_or = (__VA_ARGS__);                     \
  if (!status_or.ok()) [[unlikely]]                   \
    return status_or.status();                        \
  left = *std::move(status_or)

#endif  // PAVANE_BASE_STATUS_MACROS_H_
