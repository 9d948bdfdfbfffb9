#include "supervision/restart_policy.h"

#include <algorithm>
#include <utility>

namespace pavane::supervision {

MonotonicTime RestartPolicy::OnEnded(MonotonicTime now, Random& random) {
  MonotonicTime started = std::exchange(started_at_, MonotonicTime::InfiniteFuture());
  if (now - started >= options_.stable_after) next_wait_ = options_.initial;
  absl::Duration wait = next_wait_;
  next_wait_ = std::min(next_wait_ * options_.factor, options_.max);
  return now + wait * (1 - random.Fraction() / 2);
}

}  // namespace pavane::supervision
