#ifndef PAVANE_DELIVERY_POLICY_H_
#define PAVANE_DELIVERY_POLICY_H_

#include <cstdint>
#include <string>

#include "absl/container/flat_hash_set.h"
#include "absl/time/time.h"

#include "pavane/admin/v1/rule.pb.h"
#include "pavane/v1/policy.pb.h"

namespace pavane::delivery {

/// A target's policies with every default filled in.
struct Policy {
  uint32_t retries_max = 185;
  absl::Duration age_max = absl::Hours(24);
  absl::Duration backoff_initial = absl::Seconds(1);
  double backoff_factor = 2;
  absl::Duration backoff_max = absl::Minutes(10);
  absl::flat_hash_set<std::string> non_retryable_codes;
  bool dead_letters = true;
  absl::Duration lease = absl::Seconds(30);
  uint32_t in_flight_max = 1000;
  bool by_key = false;          // ordered
  bool blocks_key = false;      // a dead letter holds its key
  uint32_t batch_size_max = 0;  // dialled targets: of one call; 0: no bound of the target
  absl::Duration batch_wait = absl::ZeroDuration();
};

/// What a target does not say comes from `defaults`.
Policy ResolvePolicy(const pavane::admin::v1::Target& target, const Policy& defaults);
/// The broker's defaults: `retry` may leave fields out.
Policy DefaultPolicy(const pavane::v1::RetryPolicy& retry, absl::Duration lease,
                     uint32_t in_flight_max);

}  // namespace pavane::delivery

#endif  // PAVANE_DELIVERY_POLICY_H_
