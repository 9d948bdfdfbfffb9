#ifndef PAVANE_ADMIN_CATALOG_EDITOR_H_
#define PAVANE_ADMIN_CATALOG_EDITOR_H_

#include <functional>

#include "absl/status/status.h"

#include "admin/catalog_edit.h"
#include "config/config.h"
#include "ingress/gate.h"
#include "ingress/rule_book.h"
#include "metrics/broker_metrics.h"
#include "store/writer.h"

namespace pavane::admin {

/// The one way in which buses, rules, targets and rule sets change: a plan that runs on the writer
/// thread against the catalog of that moment, and is durable and in force as a whole or not at all.
class CatalogEditor {
 public:
  /// Writer thread: looks at the catalog and adds changes. An error takes back everything.
  using Plan = std::function<absl::Status(CatalogEdit&)>;
  /// Writer thread or the caller's; must not block. `discarded`: deliveries given up.
  using Done = std::function<void(const absl::Status&, uint64_t discarded)>;

  /// All references outlive the editor; `metrics` may be null.
  CatalogEditor(ingress::RuleBook& rules, const ingress::Gate& gate,
                const delivery::Dispatcher& dispatcher, store::Writer& writer,
                const config::Config& config, metrics::BrokerMetrics* metrics);

  /// `patterns`: parsed before, so that the writer need not. Any thread; never blocks.
  void Submit(ingress::ParsedPatterns patterns, Plan plan, Done done);

  ingress::RuleBook& rules() { return rules_; }
  const config::Config& config() const { return config_; }
  metrics::BrokerMetrics* metrics() { return metrics_; }

  /// Parses a pattern under the limits in force. INVALID_PATTERN, pointing at line and column.
  absl::StatusOr<std::shared_ptr<const rules::Pattern>> ParsePattern(absl::string_view text) const;

 private:
  void CountHit(absl::string_view limit) const;

  ingress::RuleBook& rules_;
  const ingress::Gate& gate_;
  const delivery::Dispatcher& dispatcher_;
  store::Writer& writer_;
  const config::Config& config_;
  metrics::BrokerMetrics* const metrics_;
};

/// De-duplication of a bus as the writer takes it.
store::DedupPolicy DedupPolicyOf(const pavane::admin::v1::Bus& bus,
                                 const config::DedupConfig& defaults);

}  // namespace pavane::admin

#endif  // PAVANE_ADMIN_CATALOG_EDITOR_H_
