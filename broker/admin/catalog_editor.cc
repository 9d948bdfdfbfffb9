#include "admin/catalog_editor.h"

#include <memory>
#include <utility>

#include "base/failpoint.h"
#include "base/status_macros.h"
#include "event/reason.h"
#include "store/transaction.h"

namespace pavane::admin {
namespace {

class CatalogTransaction : public store::Transaction {
 public:
  CatalogTransaction(ingress::RuleBook& rules, const delivery::Dispatcher& dispatcher,
                     const config::DedupConfig& dedup, ingress::ParsedPatterns patterns,
                     CatalogEditor::Plan plan, CatalogEditor::Done done)
      : rules_(rules),
        dispatcher_(dispatcher),
        dedup_(dedup),
        patterns_(std::move(patterns)),
        plan_(std::move(plan)),
        done_(std::move(done)) {}

  absl::Status Prepare(store::CommitBuilder& commit) override {
    const ingress::RuleSnapshotPtr before = rules_.snapshot();
    CatalogEdit edit(before->catalog(), dispatcher_, commit);
    RETURN_IF_ERROR(plan_(edit));
    FAILPOINT("admin.catalog_planned");
    if (!edit.changes().empty()) {
      RETURN_IF_ERROR(rules_.Change(edit.changes(), patterns_, commit));
    }
    for (const BusId id : edit.dedup()) {
      const store::BusEntryPtr bus = rules_.snapshot()->catalog().FindBus(id);
      commit.SetDedupPolicy(id, DedupPolicyOf(bus->bus, dedup_));
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

 private:
  ingress::RuleBook& rules_;
  const delivery::Dispatcher& dispatcher_;
  const config::DedupConfig& dedup_;
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

void CatalogEditor::Submit(ingress::ParsedPatterns patterns, Plan plan, Done done) {
  if (absl::Status status = gate_.CheckChange(); !status.ok()) {
    done(status, 0);
    return;
  }
  std::unique_ptr<store::Transaction> transaction = std::make_unique<CatalogTransaction>(
      rules_, dispatcher_, config_.dedup, std::move(patterns), std::move(plan), std::move(done));
  if (writer_.Submit(transaction)) return FAILPOINT("admin.catalog_queued");
  const absl::Status state = gate_.CheckChange();
  transaction->Complete(state.ok() ? ingress::Overloaded() : state);
}

absl::StatusOr<std::shared_ptr<const rules::Pattern>> CatalogEditor::ParsePattern(
    absl::string_view text) const {
  return rules::Pattern::Parse(text, rules_.options().pattern);
}

}  // namespace pavane::admin
