#include "delivery/settlements.h"

#include <algorithm>
#include <atomic>
#include <utility>

#include "absl/strings/str_cat.h"

#include "base/failpoint.h"
#include "delivery/refusal.h"
#include "delivery/settlement_request.h"

namespace pavane::delivery {
namespace {

constexpr absl::Duration kLeaseMin = absl::Milliseconds(100);
constexpr absl::Duration kDeferDefault = absl::Seconds(30);

SettlementAnswer Refused(const std::string& delivery_id, pavane::v1::Reason reason,
                         std::string message) {
  SettlementAnswer answer;
  answer.delivery_id = delivery_id;
  answer.refusal = Refusal{reason, std::move(message), absl::ZeroDuration()};
  return answer;
}

SettlementAnswer RefusedByStatus(const std::string& delivery_id, const absl::Status& status) {
  const pavane::v1::Reason otherwise =
      absl::IsInvalidArgument(status) ? pavane::v1::INVALID_EMIT : pavane::v1::STORE_FAILED;
  SettlementAnswer answer =
      Refused(delivery_id, ReasonOf(status, otherwise), std::string(status.message()));
  if (absl::IsResourceExhausted(status)) answer.refusal->retry_after = absl::Milliseconds(200);
  return answer;
}

}  // namespace

/// One Settle call whose answers come together: refusals at once, the rest after their commits.
struct Settlements::Batch {
  Batch(size_t size, SettleCallback done)
      : answers(size), remaining(size), callback(std::move(done)) {}

  void Finish(size_t index, SettlementAnswer answer) {
    answers[index] = std::move(answer);
    if (remaining.fetch_sub(1, std::memory_order_acq_rel) == 1) callback(std::move(answers));
  }

  std::vector<SettlementAnswer> answers;  // each slot is written once, by one thread
  std::atomic<size_t> remaining;
  SettleCallback callback;
};

// ---- fencing

bool Settlements::MayServe(const std::string& service, const Target& target) const {
  return target.kind == Target::Kind::kService && services_.MayServe(service, target.far_end);
}

std::optional<SettlementAnswer> Settlements::Check(const std::string& service,
                                                   const SettlementRequest& request,
                                                   uint64_t content_hash, Lease** lease) {
  const std::string& id_bytes = request.delivery_id;
  const std::optional<DeliveryId> id = DecodeDeliveryId(id_bytes);
  if (!id) {
    return Refused(id_bytes, pavane::v1::INVALID_DELIVERY_ID, "not a delivery id of this broker");
  }
  const Target* target = targets_.Find(id->ref.target);
  if (target != nullptr && !MayServe(service, *target)) {
    return Refused(
        id_bytes, pavane::v1::NOT_YOUR_DELIVERY,
        absl::StrCat("the delivery is of ", target->names->address, ", not of ", service));
  }
  *lease = leases_.Find(id->token);
  const bool is_out = *lease != nullptr && !(*lease)->settling;
  if (!is_out) {
    if (auto answer = AnsweredBefore(*id, id_bytes, content_hash)) return answer;
  }
  if (FAILPOINT_LIES("delivery.no_fence")) *lease = leases_.FindAnyOf(id->ref);
  if (auto answer = CheckLease(*id, id_bytes, content_hash, *lease)) return answer;
  if (target == nullptr) {
    return Refused(id_bytes, pavane::v1::LEASE_EXPIRED, "the target of the delivery was deleted");
  }
  return std::nullopt;
}

std::optional<SettlementAnswer> Settlements::AnsweredBefore(const DeliveryId& id,
                                                            const std::string& id_bytes,
                                                            uint64_t content_hash) {
  const Answers::Answer* known = answers_.Find(id.token, context_.NowUs());
  if (known == nullptr) return std::nullopt;
  if (known->content_hash == content_hash) {
    SettlementAnswer answer;
    answer.delivery_id = id_bytes;
    answer.emitted = known->emitted;
    answer.repeated = true;
    return answer;
  }
  SettlementAnswer answer = Refused(id_bytes, pavane::v1::ALREADY_SETTLED,
                                    "the delivery was settled before, with another content");
  answer.recorded = known->outcome;
  return answer;
}

std::optional<SettlementAnswer> Settlements::CheckLease(const DeliveryId& id,
                                                        const std::string& id_bytes,
                                                        uint64_t content_hash,
                                                        const Lease* lease) const {
  if (lease == nullptr || lease->id.ref != id.ref) {
    return Refused(id_bytes, pavane::v1::LEASE_EXPIRED,
                   id.boot == context_.log.boot()
                       ? "the lease is over; unless it was settled, the delivery comes again"
                       : "the broker restarted since; unless it was settled, the delivery comes "
                         "again");
  }
  if (!lease->settling) return std::nullopt;
  if (lease->settling_outcome == store::ClientOutcome::kNone) {
    // The broker itself is ending the attempt.
    return Refused(id_bytes, pavane::v1::LEASE_EXPIRED,
                   "the lease is over; unless it was settled, the delivery comes again");
  }
  SettlementAnswer answer =
      Refused(id_bytes, pavane::v1::ALREADY_SETTLED, "a settlement of it is being committed");
  answer.recorded = lease->settling_outcome;
  if (lease->settling_hash == content_hash) {
    answer.refusal->message += "; repeat it in a moment for its answer";
    answer.refusal->retry_after = absl::Milliseconds(50);
  }
  return answer;
}

// ---- settling

SettlementAnswer Settlements::DeferLease(Lease& lease, const Defer& defer) {
  const absl::Duration wanted = defer.lease.value_or(kDeferDefault);
  leases_.Extend(lease, context_.clock.MonotonicNow() +
                            std::clamp(wanted, kLeaseMin, context_.options.lease_max));
  SettlementAnswer answer;
  answer.delivery_id = EncodeDeliveryId(lease.id);
  return answer;
}

void Settlements::Settle(const std::string& service, std::vector<SettlementRequest> settlements,
                         SettleCallback callback) {
  if (settlements.empty()) return callback({});
  auto batch = std::make_shared<Batch>(settlements.size(), std::move(callback));
  std::vector<SettleItem> plain;
  const uint64_t lane = store::LaneOf(service);
  for (size_t i = 0; i < settlements.size(); ++i) {
    SettlementRequest& request = settlements[i];
    const uint64_t content_hash = ContentHash(request);
    Lease* lease = nullptr;
    if (auto answer = Check(service, request, content_hash, &lease)) {
      batch->Finish(i, *std::move(answer));
      continue;
    }
    if (const auto* defer = std::get_if<Defer>(&request.outcome)) {
      batch->Finish(i, DeferLease(*lease, *defer));
      continue;
    }
    const Target& target = *targets_.Find(lease->id.ref.target);
    SettleItem item = ends_.PlanLease(target, *lease, OutcomeOf(request), ErrorOf(request));
    item.record.client_outcome = ClientOutcomeOf(request);
    item.record.content_hash = content_hash;
    item.answer_index = i;
    ends_.SettlingStarts(*lease, item.record);
    FAILPOINT("delivery.settle_fenced");
    std::unique_ptr<PreparedEvents>* emits = EmitsOf(request);
    if (emits == nullptr || *emits == nullptr) {
      plain.push_back(std::move(item));
      continue;
    }
    item.emits = std::move(*emits);
    item.consumed = lease->event;
    std::vector<SettleItem> alone;
    alone.push_back(std::move(item));
    Submit(batch, std::move(alone), lane);
  }
  if (!plain.empty()) Submit(batch, std::move(plain), lane);
}

void Settlements::Submit(const std::shared_ptr<Batch>& batch, std::vector<SettleItem> items,
                         uint64_t lane) {
  auto finish = [this, batch](const absl::Status& status, std::vector<SettleItem> done) {
    for (SettleItem& item : done) {
      const std::string id =
          EncodeDeliveryId({item.record.ref, item.record.boot, item.attempt, item.record.token});
      if (status.ok()) {
        SettlementAnswer answer;
        answer.delivery_id = id;
        answer.emitted = std::move(item.record.emitted);
        batch->Finish(item.answer_index, std::move(answer));
        continue;
      }
      context_.post([this, token = item.record.token] { ends_.Unsettle(token); });
      batch->Finish(item.answer_index, RefusedByStatus(id, status));
    }
  };
  auto transaction = std::make_unique<SettleTransaction>(std::move(items), lane, finish);
  SettleTransaction* settle = transaction.get();
  std::unique_ptr<store::Transaction> submitted = std::move(transaction);
  if (context_.writer->Submit(submitted)) return FAILPOINT("delivery.settle_queued");
  finish(RefusedStatus(absl::StatusCode::kResourceExhausted, pavane::v1::OVERLOADED,
                       "the broker has too much waiting; settle again in a moment"),
         settle->TakeItems());
}

// ---- extending

void Settlements::Extend(const std::string& service, const std::vector<ExtendRequest>& items,
                         const ExtendCallback& callback) {
  std::vector<ExtendAnswer> answers;
  answers.reserve(items.size());
  for (const ExtendRequest& item : items) answers.push_back(ExtendOne(service, item));
  callback(std::move(answers));
}

ExtendAnswer Settlements::ExtendOne(const std::string& service, const ExtendRequest& item) {
  ExtendAnswer answer;
  answer.delivery_id = item.delivery_id;
  const std::optional<DeliveryId> id = DecodeDeliveryId(item.delivery_id);
  if (!id) {
    answer.refusal =
        Refusal{pavane::v1::INVALID_DELIVERY_ID, "not a delivery id of this broker", {}};
    return answer;
  }
  const Target* target = targets_.Find(id->ref.target);
  if (target != nullptr && !MayServe(service, *target)) {
    answer.refusal = Refusal{pavane::v1::NOT_YOUR_DELIVERY,
                             absl::StrCat("the delivery is of ", target->names->address),
                             {}};
    return answer;
  }
  Lease* lease = leases_.Find(id->token);
  if (lease == nullptr || target == nullptr || lease->settling) {
    answer.refusal = Refusal{pavane::v1::LEASE_EXPIRED, "the lease is over", {}};
    return answer;
  }
  const absl::Duration wanted =
      std::clamp(item.lease.value_or(target->policy.lease), kLeaseMin, context_.options.lease_max);
  leases_.Extend(*lease, context_.clock.MonotonicNow() + wanted);
  answer.lease_expires_at = context_.clock.Now() + wanted;
  return answer;
}

}  // namespace pavane::delivery
