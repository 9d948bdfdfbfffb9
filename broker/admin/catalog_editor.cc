#include "admin/catalog_editor.h"

#include <memory>
#include <utility>

#include "base/failpoint.h"
#include "base/status_macros.h"
#include "event/reason.h"
#include "rules/pattern_text.h"
#include "store/transaction.h"

namespace pavane::admin {
namespace {

class CatalogTransaction : public store::Transaction {
 public:
  CatalogTransaction(ingress::RuleBook& rules, const delivery::Dispatcher& dispatcher,
                     const config::Config& config, metrics::BrokerMetrics* metrics,
                     ingress::ParsedPatterns patterns, CatalogEditor::Plan plan,
                     CatalogEditor::Done done)
      : rules_(rules),
        dispatcher_(dispatcher),
        config_(config),
        metrics_(metrics),
        patterns_(std::move(patterns)),
        plan_(std::move(plan)),
        done_(std::move(done)) {}

  absl::Status Prepare(store::CommitBuilder& commit) override {
    const ingress::RuleSnapshotPtr before = rules_.snapshot();
    CatalogEdit edit(before->catalog(), dispatcher_, config_.limits, commit);
    const absl::Status planned = plan_(edit);
    if (metrics_ != nullptr && !edit.limit_hit().empty()) {
      metrics_->limit_hits.With({edit.limit_hit()}).Add();
    }
    RETURN_IF_ERROR(planned);
    FAILPOINT("admin.catalog_planned");
    for (const store::FillRecord& fill : edit.fills()) commit.PutFill(fill);
    if (!edit.changes().empty()) {
      RETURN_IF_ERROR(rules_.Change(edit.changes(), patterns_, commit));
    }
    for (const BusId id : edit.dedup()) {
      const store::BusEntryPtr bus = rules_.snapshot()->catalog().FindBus(id);
      commit.SetDedupPolicy(id, DedupPolicyOf(bus->bus, config_.dedup));
    }
    discarded_ = edit.discarded();
    return absl::OkStatus();
  }
  void Complete(const absl::Status& status) override {
    done_(ingress::ToCaller(status), discarded_);
    FAILPOINT("admin.catalog_answered");
  }
  size_t bytes() const override { return 4096; }
  bool reserved() const override { return true; }
  uint64_t lane() const override { return store::kAdminLane; }

 private:
  ingress::RuleBook& rules_;
  const delivery::Dispatcher& dispatcher_;
  const config::Config& config_;
  metrics::BrokerMetrics* const metrics_;
  const ingress::ParsedPatterns patterns_;
  const CatalogEditor::Plan plan_;
  const CatalogEditor::Done done_;
  uint64_t discarded_ = 0;
};

}  // namespace

store::DedupPolicy DedupPolicyOf(const pavane::admin::v1::Bus& bus,
                                 const config::DedupConfig& defaults) {
  store::DedupPolicy policy;
  policy.window_us = absl::ToInt64Microseconds(defaults.window);
  policy.ids_max = bus.dedup_ids_max() > 0 ? bus.dedup_ids_max() : defaults.ids_max;
  if (bus.has_dedup_window()) {
    policy.window_us = bus.dedup_window().seconds() * 1'000'000 + bus.dedup_window().nanos() / 1000;
  }
  return policy;
}

CatalogEditor::CatalogEditor(ingress::RuleBook& rules, const ingress::Gate& gate,
                             const delivery::Dispatcher& dispatcher, store::Writer& writer,
                             const config::Config& config, metrics::BrokerMetrics* metrics)
    : rules_(rules),
      gate_(gate),
      dispatcher_(dispatcher),
      writer_(writer),
      config_(config),
      metrics_(metrics) {}

void CatalogEditor::CountHit(absl::string_view limit) const {
  if (metrics_ != nullptr) metrics_->limit_hits.With({limit}).Add();
}

void CatalogEditor::Submit(ingress::ParsedPatterns patterns, Plan plan, Done done) {
  if (absl::Status status = gate_.CheckChange(); !status.ok()) {
    done(status, 0);
    return;
  }
  std::unique_ptr<store::Transaction> transaction =
      std::make_unique<CatalogTransaction>(rules_, dispatcher_, config_, metrics_,
                                           std::move(patterns), std::move(plan), std::move(done));
  if (writer_.Submit(transaction)) return FAILPOINT("admin.catalog_queued");
  const absl::Status state = gate_.CheckChange();
  transaction->Complete(state.ok() ? ingress::Overloaded() : state);
}

absl::StatusOr<std::shared_ptr<const rules::Pattern>> CatalogEditor::ParsePattern(
    absl::string_view text) const {
  const rules::PatternOptions& options = rules_.options().pattern;
  if (rules::LongerThan(text, options.length_max)) CountHit(metrics::kLimitPatternLength);
  return rules::Pattern::Parse(text, options);
}

}  // namespace pavane::admin
