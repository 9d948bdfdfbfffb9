#ifndef PAVANE_DELIVERY_SETTLEMENT_REQUEST_H_
#define PAVANE_DELIVERY_SETTLEMENT_REQUEST_H_

#include <cstdint>
#include <memory>

#include "delivery/dead_letter.h"
#include "delivery/next.h"
#include "delivery/requests.h"
#include "store/commit_record.h"

namespace pavane::delivery {

// What a client's settlement says, in the words of the parts that work with it.

store::ClientOutcome ClientOutcomeOf(const SettlementRequest& request);
/// Null when the outcome has no emits at all.
std::unique_ptr<PreparedEvents>* EmitsOf(SettlementRequest& request);
/// Tells a repeat from another settlement of the same attempt.
uint64_t ContentHash(SettlementRequest& request);
AttemptOutcome OutcomeOf(const SettlementRequest& request);
AttemptError ErrorOf(const SettlementRequest& request);

}  // namespace pavane::delivery

#endif  // PAVANE_DELIVERY_SETTLEMENT_REQUEST_H_
