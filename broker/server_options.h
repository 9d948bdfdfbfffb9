#ifndef PAVANE_SERVER_OPTIONS_H_
#define PAVANE_SERVER_OPTIONS_H_

#include "config/config.h"
#include "delivery/dispatcher.h"
#include "ingress/rule_book.h"
#include "metrics/broker_metrics.h"
#include "store/log.h"
#include "store/writer.h"

namespace pavane {

// What the configuration means to each station.

/// `metrics` outlives the log.
store::Log::Options LogOptionsOf(const config::Config& config, metrics::BrokerMetrics& metrics);
delivery::Dispatcher::Options DispatcherOptionsOf(const config::Config& config);
/// Reads the size of the data directory's file system, so the directory must exist.
store::Writer::Options WriterOptionsOf(const config::Config& config);
ingress::RuleBook::Options RuleBookOptionsOf(const config::Config& config);

}  // namespace pavane

#endif  // PAVANE_SERVER_OPTIONS_H_
