// Named places at which a test can make the process die or a step fail:
//
//   FAILPOINT("store.before_sync");                          dies here with SIGKILL if armed
//   RETURN_IF_ERROR(FAILPOINT_STATUS("store.before_sync"));  also returns an error set by a test
//   if (FAILPOINT_LIES("store.no_sync")) ...                 a planted fault
//
// With the environment PAVANE_FAILPOINT=name or name:n the process kills itself the n-th time (the
// first, without n) it passes the point: a crash test's child dies at a known step. In the same
// process a test arms a point with ScopedFailure. A point that lies takes out what a test guards
// (name=lie), so that the test can be shown to fail. Several are separated by commas.
//
// tests/crash/fail_points.txt lists all points; tests/tidy holds the list.
//
// Compiled to nothing unless PAVANE_FAILPOINTS is set (presets dev, asan, tsan); tests that need
// them skip themselves by asking failpoint::kEnabled.
#ifndef PAVANE_BASE_FAILPOINT_H_
#define PAVANE_BASE_FAILPOINT_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace pavane::failpoint {

#ifdef PAVANE_FAILPOINTS
inline constexpr bool kEnabled = true;
#else
inline constexpr bool kEnabled = false;
#endif

// What the macros call. One relaxed load while nothing is armed.
absl::Status Hit(absl::string_view name);

// True when the environment says name=lie.
bool Lies(absl::string_view name);

// Makes the point `name` return `status` from its n-th passing on, while this object lives. One at
// a time for each name.
class ScopedFailure {
 public:
  ScopedFailure(absl::string_view name, absl::Status status, uint64_t nth = 1);
  ~ScopedFailure();
  ScopedFailure(const ScopedFailure&) = delete;
  ScopedFailure& operator=(const ScopedFailure&) = delete;

  // How often the point was passed since.
  uint64_t hits() const;

 private:
  const std::string name_;
};

}  // namespace pavane::failpoint

#ifdef PAVANE_FAILPOINTS
// A failure set by a test has no effect at a point that cannot fail.
#define FAILPOINT(name) static_cast<void>(::pavane::failpoint::Hit(name))
#define FAILPOINT_STATUS(name) ::pavane::failpoint::Hit(name)
#define FAILPOINT_LIES(name) ::pavane::failpoint::Lies(name)
#else
#define FAILPOINT(name) static_cast<void>(0)
#define FAILPOINT_STATUS(name) ::absl::OkStatus()
#define FAILPOINT_LIES(name) false
#endif

#endif  // PAVANE_BASE_FAILPOINT_H_
