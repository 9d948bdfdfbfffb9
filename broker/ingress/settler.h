#ifndef PAVANE_INGRESS_SETTLER_H_
#define PAVANE_INGRESS_SETTLER_H_

#include <functional>
#include <string>
#include <vector>

#include "google/protobuf/repeated_ptr_field.h"

#include "delivery/dispatcher.h"
#include "ingress/emits.h"
#include "ingress/gate.h"
#include "ingress/rule_book.h"
#include "ingress/settlement_translation.h"
#include "metrics/broker_metrics.h"
#include "pavane/v1/delivery.pb.h"

namespace pavane::ingress {

/// The way of a settlement: translated and its emits validated on the caller's thread, then fenced
/// and committed by delivery. Each settlement is answered on its own; a bad one hurts no other.
class Settler {
 public:
  using Settlements = google::protobuf::RepeatedPtrField<pavane::v1::Settlement>;
  using Results = std::vector<pavane::v1::SettleResult>;
  using Callback = std::function<void(Results)>;

  /// All references outlive the settler; `metrics` may be null.
  Settler(const RuleBook& rules, const Gate& gate, delivery::Dispatcher& dispatcher,
          Emits::Context context, metrics::BrokerMetrics* metrics);

  /// One result per settlement, in their order. The callback comes on this thread, delivery's or
  /// the writer's, exactly once, and must not block.
  void Settle(std::string service, Settlements settlements, Callback callback,
              SettlementOrigin origin = SettlementOrigin::kService);

  const Emits::Context& context() const { return context_; }

 private:
  void Answer(const Callback& callback, Results results) const;

  const RuleBook& rules_;
  const Gate& gate_;
  delivery::Dispatcher& dispatcher_;
  const Emits::Context context_;
  metrics::BrokerMetrics* const metrics_;
};

}  // namespace pavane::ingress

#endif  // PAVANE_INGRESS_SETTLER_H_
