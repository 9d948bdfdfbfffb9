#ifndef PAVANE_SERVER_METRICS_H_
#define PAVANE_SERVER_METRICS_H_

#include "delivery/dispatcher.h"
#include "ingress/rule_book.h"
#include "metrics/broker_metrics.h"
#include "metrics/registry.h"
#include "metrics/target_collector.h"
#include "metrics/target_sample.h"
#include "store/log.h"

namespace pavane {

/// What metrics are told at a scrape: targets and dead letters, from delivery and the store.
metrics::DeliverySample SampleDelivery(const delivery::Dispatcher& dispatcher,
                                       const store::Log& log, const ingress::RuleBook& rules);

/// Measures deliveries as they are handed out and settled.
delivery::Dispatcher::Hooks DeliveryHooks(metrics::BrokerMetrics& metrics);

/// The store's figures as gauges. `log` outlives the registry's last Render.
void AddStoreMetrics(metrics::Registry& registry, const store::Log& log);

}  // namespace pavane

#endif  // PAVANE_SERVER_METRICS_H_
