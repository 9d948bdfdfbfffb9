// What the broker and a plugin guard say to each other. Both are the same binary, so the protocol
// needs no version.
//
//   broker → guard   SIGTERM: stop the plugin, with SIGKILL after the limit; end of file on the
//                    control pipe, which carries nothing: the broker is gone, SIGKILL at once
//   guard → broker   status pipe, one line each: "started PID", then one of
//                    "exited CODE", "killed SIGNAL", "failed MESSAGE", then end of file
#ifndef PAVANE_SUPERVISION_GUARD_PROTOCOL_H_
#define PAVANE_SUPERVISION_GUARD_PROTOCOL_H_

#include "absl/strings/string_view.h"

namespace pavane::supervision {

// The first argument that makes pavaned a guard; after it lock file, milliseconds to wait for it,
// milliseconds between SIGTERM and SIGKILL, working directory (or empty), program and its
// arguments.
inline constexpr char kGuardFlag[] = "--plugin-guard";

inline constexpr int kControlFd = 3;
inline constexpr int kStatusFd = 4;

inline constexpr absl::string_view kStarted = "started ";
inline constexpr absl::string_view kExited = "exited ";
inline constexpr absl::string_view kKilled = "killed ";
inline constexpr absl::string_view kFailed = "failed ";

}  // namespace pavane::supervision

#endif  // PAVANE_SUPERVISION_GUARD_PROTOCOL_H_
