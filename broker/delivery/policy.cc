#include "delivery/policy.h"

#include "event/duration.h"

namespace pavane::delivery {
namespace {

using event::ToDuration;

void ApplyRetry(const pavane::v1::RetryPolicy& retry, Policy& policy) {
  if (retry.has_retries_max()) policy.retries_max = retry.retries_max();
  if (retry.has_age_max()) policy.age_max = ToDuration(retry.age_max());
  if (retry.has_backoff_initial()) policy.backoff_initial = ToDuration(retry.backoff_initial());
  if (retry.has_backoff_factor()) policy.backoff_factor = retry.backoff_factor();
  if (retry.has_backoff_max()) policy.backoff_max = ToDuration(retry.backoff_max());
  for (const std::string& code : retry.non_retryable_codes()) {
    policy.non_retryable_codes.insert(code);
  }
}

}  // namespace

Policy ResolvePolicy(const pavane::admin::v1::Target& target, const Policy& defaults) {
  Policy policy = defaults;
  ApplyRetry(target.retry_policy(), policy);
  policy.dead_letters = !target.dead_letter_policy().disabled();
  const pavane::v1::LeasePolicy& lease = target.lease_policy();
  if (lease.has_lease()) policy.lease = ToDuration(lease.lease());
  if (lease.in_flight_max() > 0) policy.in_flight_max = lease.in_flight_max();
  policy.batch_size_max = target.batch_policy().size_max();
  policy.batch_wait = ToDuration(target.batch_policy().wait_max());
  policy.by_key = target.ordering().mode() == pavane::v1::Ordering::KEY;
  policy.blocks_key =
      policy.by_key && target.ordering().on_dead_letter() == pavane::v1::Ordering::BLOCK;
  return policy;
}

Policy DefaultPolicy(const pavane::v1::RetryPolicy& retry, absl::Duration lease,
                     uint32_t in_flight_max) {
  Policy policy;
  ApplyRetry(retry, policy);
  policy.lease = lease;
  policy.in_flight_max = in_flight_max;
  return policy;
}

}  // namespace pavane::delivery
