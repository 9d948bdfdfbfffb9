// Passing errors up without noise, for plugins, which use nothing of the broker's own code:
//
//   RETURN_IF_ERROR(tx.Run("DELETE FROM outbox WHERE id = ?", id));
//   ASSIGN_OR_RETURN(std::vector<Row> rows, tx.Query("SELECT seat FROM seats"));
//
// Both work in functions that return absl::Status or absl::StatusOr<T>.
#ifndef PAVANE_PLUGINS_COMMON_STATUS_MACROS_H_
#define PAVANE_PLUGINS_COMMON_STATUS_MACROS_H_

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace pavane::plugins {

inline const absl::Status& ToStatus(const absl::Status& status) { return status; }
template <typename T>
const absl::Status& ToStatus(const absl::StatusOr<T>& status_or) {
  return status_or.status();
}

}  // namespace pavane::plugins

#define PAVANE_PLUGINS_CONCAT_INNER(a, b) a##b
#define PAVANE_PLUGINS_CONCAT(a, b) PAVANE_PLUGINS_CONCAT_INNER(a, b)

#define RETURN_IF_ERROR(expression)                                             \
  do {                                                                          \
    if (absl::Status plugin_status = ::pavane::plugins::ToStatus((expression)); \
        !plugin_status.ok())                                                    \
      return plugin_status;                                                     \
  } while (false)

// The right-hand side is variadic so that it may hold commas.
#define ASSIGN_OR_RETURN(left, ...)                                                         \
  PAVANE_PLUGINS_ASSIGN_OR_RETURN(PAVANE_PLUGINS_CONCAT(plugin_status_or_, __LINE__), left, \
                                  __VA_ARGS__)

#define PAVANE_PLUGINS_ASSIGN_OR_RETURN(status_or, left, ...) \
  auto status_or = (__VA_ARGS__);                             \
  if (!status_or.ok()) return status_or.status();             \
  left = *std::move(status_or)

#endif  // PAVANE_PLUGINS_COMMON_STATUS_MACROS_H_
