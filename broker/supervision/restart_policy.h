// When to start a plugin again: waits grow while it keeps failing, and begin anew after it has run
// long enough. Pure: time and chance come in with each call. One thread.
#ifndef PAVANE_SUPERVISION_RESTART_POLICY_H_
#define PAVANE_SUPERVISION_RESTART_POLICY_H_

#include "absl/time/time.h"

#include "base/clock.h"
#include "base/random.h"

namespace pavane::supervision {

class RestartPolicy {
 public:
  struct Options {
    absl::Duration initial = absl::Seconds(1);
    double factor = 2;
    absl::Duration max = absl::Minutes(1);
    absl::Duration stable_after = absl::Minutes(1);
  };

  explicit RestartPolicy(Options options) : options_(options), next_wait_(options.initial) {}

  void OnStarted(MonotonicTime now) { started_at_ = now; }
  // The plugin ended, or could not be started. Returns when to start it again: after the wait, less
  // up to half of it by chance, so that plugins that fell together do not rise together.
  MonotonicTime OnEnded(MonotonicTime now, Random& random);

 private:
  const Options options_;
  absl::Duration next_wait_;
  MonotonicTime started_at_ = MonotonicTime::InfiniteFuture();
};

}  // namespace pavane::supervision

#endif  // PAVANE_SUPERVISION_RESTART_POLICY_H_
