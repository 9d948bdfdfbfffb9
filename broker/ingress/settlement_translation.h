// Between the wire's settlements and delivery's: translation and the checks that need no state.
#ifndef PAVANE_INGRESS_SETTLEMENT_TRANSLATION_H_
#define PAVANE_INGRESS_SETTLEMENT_TRANSLATION_H_

#include "absl/status/statusor.h"

#include "delivery/requests.h"
#include "ingress/emits.h"
#include "ingress/gate.h"
#include "ingress/rule_snapshot.h"
#include "pavane/v1/delivery.pb.h"

namespace pavane::ingress {

/// Where a settlement comes from.
enum class SettlementOrigin {
  kService,  // a stream or a call of the service
  kDialOut,  // the answer of a dialled service, which may also defer
};

/// Takes the settlement apart. A refusal carries its reason: INVALID_SETTLEMENT, INVALID_EMIT,
/// DISK_FULL.
absl::StatusOr<delivery::SettlementRequest> TranslateSettlement(const Emits::Context& context,
                                                                const Gate& gate,
                                                                SettlementOrigin origin,
                                                                pavane::v1::Settlement settlement);

/// The wire's answer. Names of buses come from `rules`.
pavane::v1::SettleResult TranslateAnswer(const RuleSnapshot& rules,
                                         const delivery::SettlementAnswer& answer);

}  // namespace pavane::ingress

#endif  // PAVANE_INGRESS_SETTLEMENT_TRANSLATION_H_
