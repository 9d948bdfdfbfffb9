// The half of Engine that settles: fencing, repeats, and what an outcome leads to.
#include <algorithm>
#include <atomic>
#include <utility>

#include "absl/strings/str_cat.h"

#include "base/log.h"
#include "delivery/engine.h"
#include "delivery/refusal.h"

namespace pavane::delivery {
namespace {

constexpr absl::Duration kWriterBusyPause = absl::Milliseconds(50);
constexpr absl::Duration kLeaseMin = absl::Milliseconds(100);

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
struct Engine::SettleBatch {
  SettleBatch(size_t size, SettleCallback done)
      : answers(size), remaining(size), callback(std::move(done)) {}

  void Finish(size_t index, SettlementAnswer answer) {
    answers[index] = std::move(answer);
    if (remaining.fetch_sub(1, std::memory_order_acq_rel) == 1) callback(std::move(answers));
  }

  std::vector<SettlementAnswer> answers;  // each slot is written once, by one thread
  std::atomic<size_t> remaining;
  SettleCallback callback;
};

bool Engine::MayServe(const std::string& service, const Target& target) const {
  if (target.kind != Target::Kind::kService) return false;
  if (target.far_end == service) return true;
  for (const auto& [id, alias] : aliases_) {
    if (alias != service) continue;
    auto session = sessions_.find(id);
    if (session != sessions_.end() && session->second->service == target.far_end) return true;
  }
  return false;
}

std::optional<SettlementAnswer> Engine::Check(const std::string& service,
                                              const SettlementRequest& request,
                                              uint64_t content_hash, Lease** lease) {
  const std::string& id_bytes = request.delivery_id;
  const std::optional<DeliveryId> id = DecodeDeliveryId(id_bytes);
  if (!id) {
    return Refused(id_bytes, pavane::v1::INVALID_DELIVERY_ID, "not a delivery id of this broker");
  }
  auto target = targets_.find(id->ref.target);
  if (target != targets_.end() && !MayServe(service, *target->second)) {
    return Refused(
        id_bytes, pavane::v1::NOT_YOUR_DELIVERY,
        absl::StrCat("the delivery is of ", target->second->names->address, ", not of ", service));
  }
  const Answers::Answer* known = answers_.Find(id->token, NowUs());
  if (known != nullptr) {
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
  *lease = leases_.Find(id->token);
  if (*lease == nullptr || (*lease)->id.ref != id->ref) {
    return Refused(
        id_bytes, pavane::v1::LEASE_EXPIRED,
        id->boot == env_.log.boot()
            ? "the lease is over; the delivery was or will be handed out again"
            : "the broker restarted since; the delivery was or will be handed out again");
  }
  if ((*lease)->settling && (*lease)->settling_outcome == store::ClientOutcome::kNone) {
    // The broker itself is ending the attempt.
    return Refused(id_bytes, pavane::v1::LEASE_EXPIRED,
                   "the lease is over; the delivery was or will be handed out again");
  }
  if ((*lease)->settling) {
    SettlementAnswer answer =
        Refused(id_bytes, pavane::v1::ALREADY_SETTLED, "a settlement of it is being committed");
    answer.recorded = (*lease)->settling_outcome;
    if ((*lease)->settling_hash == content_hash) {
      answer.refusal->message += "; repeat it in a moment for its answer";
      answer.refusal->retry_after = absl::Milliseconds(50);
    }
    return answer;
  }
  return std::nullopt;
}

SettlementAnswer Engine::DeferLease(Lease& lease, const Defer& defer) {
  const absl::Duration wanted = defer.lease.value_or(absl::Seconds(30));
  leases_.Extend(lease,
                 env_.clock.MonotonicNow() + std::clamp(wanted, kLeaseMin, options_.lease_max));
  SettlementAnswer answer;
  answer.delivery_id = EncodeDeliveryId(lease.id);
  return answer;
}

void Engine::Settle(const std::string& service, std::vector<SettlementRequest> settlements,
                    SettleCallback callback) {
  if (settlements.empty()) return callback({});
  auto batch = std::make_shared<SettleBatch>(settlements.size(), std::move(callback));
  std::vector<SettleItem> plain;
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
    auto target = targets_.find(lease->id.ref.target);
    if (target == targets_.end()) {
      batch->Finish(i, Refused(request.delivery_id, pavane::v1::LEASE_EXPIRED,
                               "the target of the delivery was deleted"));
      continue;
    }
    SettleItem item = MakeLeaseItem(*target->second, *lease, OutcomeOf(request), ErrorOf(request));
    item.record.client_outcome = ClientOutcomeOf(request);
    item.record.content_hash = content_hash;
    item.answer_index = i;
    SettlingStarts(*lease, item.record);
    std::unique_ptr<PreparedEvents>* emits = EmitsOf(request);
    if (emits == nullptr || *emits == nullptr) {
      plain.push_back(std::move(item));
      continue;
    }
    item.emits = std::move(*emits);
    item.consumed = lease->event;
    std::vector<SettleItem> alone;
    alone.push_back(std::move(item));
    SubmitBatch(batch, std::move(alone));
  }
  if (!plain.empty()) SubmitBatch(batch, std::move(plain));
}

void Engine::SettlingStarts(Lease& lease, const store::SettlementRecord& record) {
  lease.settling = true;
  lease.settling_hash = record.content_hash;
  lease.settling_outcome = record.client_outcome;
  leases_.StopTimer(lease);
}

void Engine::SubmitBatch(std::shared_ptr<SettleBatch> batch, std::vector<SettleItem> items) {
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
      env_.post([this, token = item.record.token] { Unsettle(token); });
      batch->Finish(item.answer_index, RefusedByStatus(id, status));
    }
  };
  auto transaction = std::make_unique<SettleTransaction>(std::move(items), finish);
  SettleTransaction* settle = transaction.get();
  std::unique_ptr<store::Transaction> submitted = std::move(transaction);
  if (writer_->Submit(submitted)) return;
  finish(RefusedStatus(absl::StatusCode::kResourceExhausted, pavane::v1::OVERLOADED,
                       "the broker has too much waiting; settle again in a moment"),
         settle->TakeItems());
}

void Engine::Unsettle(uint64_t token) {
  Lease* lease = leases_.Find(token);
  if (lease == nullptr) return;
  lease->settling = false;
  // A lease that would have ended meanwhile gets the time that a retry of the settlement needs.
  leases_.Extend(*lease, std::max(lease->expires, env_.clock.MonotonicNow() + absl::Seconds(1)));
}

bool Engine::SubmitOwn(std::vector<SettleItem> items) {
  auto done = [this](const absl::Status& status, std::vector<SettleItem> failed) {
    if (status.ok()) return;
    // Only a forwarding can be refused by itself: it is tried again later, or the store has failed
    // and the broker is about to stop.
    for (const SettleItem& item : failed) {
      env_.post([this, token = item.record.token, message = std::string(status.message())] {
        Unsettle(token);
        EndLease(token, AttemptOutcome::Kind::kNack, "FORWARD_FAILED", message);
      });
    }
  };
  std::unique_ptr<store::Transaction> transaction =
      std::make_unique<SettleTransaction>(std::move(items), done);
  return writer_ != nullptr && writer_->Submit(transaction);
}

void Engine::EndLease(uint64_t token, AttemptOutcome::Kind kind, absl::string_view code,
                      absl::string_view message) {
  Lease* lease = leases_.Find(token);
  if (lease == nullptr || lease->settling) return;
  auto found = targets_.find(lease->id.ref.target);
  if (found == targets_.end()) {
    leases_.Remove(token);
    return;
  }
  AttemptOutcome outcome;
  outcome.kind = kind;
  outcome.code = std::string(code);
  std::vector<SettleItem> items;
  items.push_back(
      MakeLeaseItem(*found->second, *lease, outcome, {std::string(code), std::string(message)}));
  SettlingStarts(*lease, items[0].record);
  auto session = sessions_.find(lease->session);
  if (SubmitOwn(std::move(items))) {
    if (session == sessions_.end()) return;
    session->second->leases.erase(token);
    if (session->second->stream) {
      session->second->stream->LeasesLost({EncodeDeliveryId(lease->id)});
    }
    return;
  }
  lease->settling = false;
  leases_.Extend(*lease, env_.clock.MonotonicNow() + kWriterBusyPause);
}

void Engine::Extend(const std::string& service, std::vector<ExtendRequest> items,
                    const ExtendCallback& callback) {
  std::vector<ExtendAnswer> answers;
  for (const ExtendRequest& item : items) {
    ExtendAnswer answer;
    answer.delivery_id = item.delivery_id;
    const std::optional<DeliveryId> id = DecodeDeliveryId(item.delivery_id);
    Lease* lease = id ? leases_.Find(id->token) : nullptr;
    auto target = id ? targets_.find(id->ref.target) : targets_.end();
    if (!id) {
      answer.refusal =
          Refusal{pavane::v1::INVALID_DELIVERY_ID, "not a delivery id of this broker", {}};
    } else if (target != targets_.end() && !MayServe(service, *target->second)) {
      answer.refusal = Refusal{pavane::v1::NOT_YOUR_DELIVERY,
                               absl::StrCat("the delivery is of ", target->second->names->address),
                               {}};
    } else if (lease == nullptr || target == targets_.end() || lease->settling) {
      answer.refusal = Refusal{pavane::v1::LEASE_EXPIRED, "the lease is over", {}};
    } else {
      const absl::Duration wanted = std::clamp(item.lease.value_or(target->second->policy.lease),
                                               kLeaseMin, options_.lease_max);
      leases_.Extend(*lease, env_.clock.MonotonicNow() + wanted);
      answer.lease_expires_at = env_.clock.Now() + wanted;
    }
    answers.push_back(std::move(answer));
  }
  callback(std::move(answers));
}

// ---- what an outcome leads to

SettleItem Engine::MakeLeaseItem(Target& target, const Lease& lease, const AttemptOutcome& outcome,
                                 const AttemptError& error) {
  SettleItem item = MakeItem(target, lease.entry, *lease.event, lease.started_us, outcome, error);
  item.record.boot = lease.id.boot;
  item.record.token = lease.id.token;
  item.attempt = lease.id.attempt;
  return item;
}

void Engine::LogFailure(const Target& target, event::EventRef event, const AttemptError& error,
                        const Decision& decision) {
  if (++failures_logged_ > kFailureLinesPerSecond) return;  // the sweep sums the rest up
  LOG_WARNING("delivery failed for good", {{"bus", target.names->bus},
                                           {"rule", target.names->rule},
                                           {"target", target.names->target},
                                           {"sequence", event.sequence.value()},
                                           {"code", error.code},
                                           {"attempts", decision.attempts},
                                           {"dead_letter", target.policy.dead_letters}});
}

SettleItem Engine::MakeItem(Target& target, const TargetQueue::Entry& entry,
                            const event::StoredEvent& event, int64_t started_us,
                            const AttemptOutcome& outcome, const AttemptError& error) {
  const int64_t now_us = NowUs();
  const store::ExceptionRecord* before = entry.exception ? &*entry.exception : nullptr;
  DeliveryState state;
  state.age_from_us = before ? before->age_from_us : event.accepted_us;
  state.attempts = before ? before->attempts : 0;
  state.releases = before ? before->releases : 0;
  const Decision decision = Next(state, outcome, target.policy, now_us, env_.random.Fraction());
  const AttemptError kept{CutUtf8(error.code, kErrorCodeBytesMax),
                          CutUtf8(error.message, kErrorMessageBytesMax)};

  SettleItem item;
  item.record.ref = {target.queue.target(), entry.event};
  item.record.outcome = decision.outcome;
  item.record.reason = decision.reason;
  item.record.attempt_counted = decision.attempt_counted;
  item.record.first_attempt = state.attempts == 0;
  item.record.was_exception = before != nullptr;
  if (before != nullptr) item.erased = *before;
  const int64_t first_us = before && before->first_attempt_us != 0 ? before->first_attempt_us
                           : decision.attempt_counted              ? started_us
                                                                   : 0;
  const int64_t last_us = decision.attempt_counted ? started_us
                          : before                 ? before->last_attempt_us
                                                   : 0;
  if (decision.outcome == store::Outcome::kRetry || decision.outcome == store::Outcome::kReleased) {
    store::ExceptionRecord next;
    if (before != nullptr) next = *before;
    next.ref = item.record.ref;
    next.due_us = decision.due_us;
    next.kind = decision.outcome == store::Outcome::kRetry
                    ? store::ExceptionRecord::Kind::kRetry
                    : store::ExceptionRecord::Kind::kReleased;
    next.attempts = decision.attempts;
    next.releases = decision.releases;
    next.age_from_us = state.age_from_us;
    next.first_attempt_us = first_us;
    next.last_attempt_us = last_us;
    if (decision.outcome == store::Outcome::kRetry) {
      next.error_code = kept.code;
      next.error_message = kept.message;
    }
    item.put = std::move(next);
  }
  if (decision.outcome != store::Outcome::kFailed) return item;
  item.record.to_dead_letters = target.policy.dead_letters;
  LogFailure(target, entry.event, kept, decision);
  if (!target.policy.dead_letters) return item;
  item.letter = MakeDeadLetter(item.record.ref, *target.names, event, decision, kept, first_us,
                               last_us, now_us);
  if (before != nullptr && !before->event_bytes.empty()) {
    item.letter->event_accepted_us = before->event_accepted_us;
    item.letter->event_bytes = before->event_bytes;
  }
  return item;
}

}  // namespace pavane::delivery
