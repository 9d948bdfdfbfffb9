#ifndef PAVANE_RPC_SUBSCRIBER_CONTEXT_H_
#define PAVANE_RPC_SUBSCRIBER_CONTEXT_H_

#include <atomic>
#include <string>

#include "absl/time/time.h"

#include "admin/contracts.h"
#include "admin/rule_sets.h"
#include "admin/session_rules.h"
#include "delivery/dispatcher.h"
#include "ingress/gate.h"
#include "ingress/settler.h"
#include "metrics/broker_metrics.h"
#include "rpc/service_health.h"

namespace pavane::rpc {

/// What the calls of services need of the rest of the broker. Outlives them all.
struct SubscriberContext {
  delivery::Dispatcher& dispatcher;
  ingress::Settler& settler;
  const ingress::Gate& gate;
  admin::RuleSets& rule_sets;
  admin::SessionRules& session_rules;
  admin::Contracts& contracts;
  ServiceHealth& health;
  metrics::BrokerMetrics* metrics = nullptr;  // may be null
  std::string broker_version;
  absl::Duration resume_window;
  size_t streams_max = 10'000;
  std::atomic<size_t> streams{0};
};

/// Most settlements or extensions of one call or message.
inline constexpr int kItemsPerCallMax = 1000;

}  // namespace pavane::rpc

#endif  // PAVANE_RPC_SUBSCRIBER_CONTEXT_H_
