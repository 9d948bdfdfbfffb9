#ifndef PAVANE_DELIVERY_LOOP_CONTEXT_H_
#define PAVANE_DELIVERY_LOOP_CONTEXT_H_

#include <cstdint>
#include <functional>

#include "absl/functional/any_invocable.h"
#include "absl/time/time.h"

#include "base/clock.h"
#include "base/random.h"
#include "delivery/dispatcher.h"
#include "delivery/policy.h"
#include "store/log.h"
#include "store/writer.h"

namespace pavane::delivery {

/// What every part of the delivery loop works with: the outside world and the options. Owned by the
/// Engine, which outlives its parts. What is set late is set before the loop starts.
struct LoopContext {
  LoopContext(store::Log& log_in, Clock& clock_in, Random& random_in,
              std::function<void(absl::AnyInvocable<void()>)> post_in,
              const Dispatcher::Options& options_in)
      : log(log_in),
        clock(clock_in),
        random(random_in),
        post(std::move(post_in)),
        options(options_in),
        policy_defaults(
            DefaultPolicy(options.retry_defaults, options.lease_default, options.in_flight_max)) {
    ReadClock();
  }

  /// The time of the work at hand. The clock is read once for all that waits, not some five times a
  /// delivery.
  int64_t NowUs() const { return now_us; }
  absl::Time Now() const { return now; }
  MonotonicTime MonotonicNow() const { return monotonic_now; }
  /// The monotonic one first: should the clock be set in between, the loop wakes early, not late.
  void ReadClock() {
    monotonic_now = clock.MonotonicNow();
    now = clock.Now();
    now_us = absl::ToUnixMicros(now);
  }

  store::Log& log;
  Clock& clock;
  Random& random;
  /// Hands work back to the loop's thread; from any thread.
  const std::function<void(absl::AnyInvocable<void()>)> post;
  const Dispatcher::Options options;
  const Policy policy_defaults;

  store::Writer* writer = nullptr;
  Dispatcher::ForwardFunction forward;
  Dispatcher::DialOut* dial_out = nullptr;
  Dispatcher::Hooks hooks;

  bool draining = false;  // nothing new is handed out

  absl::Time now;
  int64_t now_us = 0;
  MonotonicTime monotonic_now;
};

/// How long a target waits whose work the writer's full queue did not take.
inline constexpr absl::Duration kWriterBusyPause = absl::Milliseconds(50);

}  // namespace pavane::delivery

#endif  // PAVANE_DELIVERY_LOOP_CONTEXT_H_
