#include "delivery/settlement_request.h"

#include <algorithm>

namespace pavane::delivery {

store::ClientOutcome ClientOutcomeOf(const SettlementRequest& request) {
  struct Visitor {
    store::ClientOutcome operator()(const Ack&) { return store::ClientOutcome::kAcked; }
    store::ClientOutcome operator()(const Nack&) { return store::ClientOutcome::kNacked; }
    store::ClientOutcome operator()(const Reject&) { return store::ClientOutcome::kRejected; }
    store::ClientOutcome operator()(const Release&) { return store::ClientOutcome::kReleased; }
    store::ClientOutcome operator()(const Defer&) { return store::ClientOutcome::kNone; }
  };
  return std::visit(Visitor{}, request.outcome);
}

std::unique_ptr<PreparedEvents>* EmitsOf(SettlementRequest& request) {
  if (auto* ack = std::get_if<Ack>(&request.outcome)) return &ack->emits;
  if (auto* reject = std::get_if<Reject>(&request.outcome)) return &reject->emits;
  return nullptr;
}

uint64_t ContentHash(SettlementRequest& request) {
  const std::unique_ptr<PreparedEvents>* emits = EmitsOf(request);
  const uint64_t emits_hash = emits != nullptr && *emits ? (*emits)->content_hash() : 0;
  return emits_hash * 8 + static_cast<uint64_t>(ClientOutcomeOf(request));
}

AttemptOutcome OutcomeOf(const SettlementRequest& request) {
  AttemptOutcome outcome;
  if (const auto* nack = std::get_if<Nack>(&request.outcome)) {
    outcome.kind = AttemptOutcome::Kind::kNack;
    if (nack->delay) outcome.delay = std::max(*nack->delay, absl::ZeroDuration());
    outcome.code = nack->code;
  } else if (const auto* reject = std::get_if<Reject>(&request.outcome)) {
    outcome.kind = AttemptOutcome::Kind::kReject;
    outcome.code = reject->code;
  } else if (std::holds_alternative<Release>(request.outcome)) {
    outcome.kind = AttemptOutcome::Kind::kRelease;
  }
  return outcome;
}

AttemptError ErrorOf(const SettlementRequest& request) {
  if (const auto* nack = std::get_if<Nack>(&request.outcome)) return {nack->code, nack->message};
  if (const auto* reject = std::get_if<Reject>(&request.outcome)) {
    return {reject->code.empty() ? "REJECTED" : reject->code, reject->message};
  }
  return {};
}

}  // namespace pavane::delivery
