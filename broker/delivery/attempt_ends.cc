#include "delivery/attempt_ends.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "base/hex.h"
#include "base/log.h"
#include "delivery/delivery_id.h"
#include "event/event_header.h"

namespace pavane::delivery {
namespace {

constexpr uint64_t kFailureLinesPerSecond = 10;
constexpr int kLeaseExpiriesPerTick = 1024;
// What a retry of a settlement that did not commit needs.
constexpr absl::Duration kSettleAgain = absl::Seconds(1);

// When the first and the last counted attempt began, this one included.
struct AttemptTimes {
  int64_t first_us = 0;
  int64_t last_us = 0;
};

AttemptTimes TimesOf(const store::ExceptionRecord* before, bool counted, int64_t started_us) {
  AttemptTimes times;
  if (before != nullptr) times = {before->first_attempt_us, before->last_attempt_us};
  if (!counted) return times;
  if (times.first_us == 0) times.first_us = started_us;
  times.last_us = started_us;
  return times;
}

}  // namespace

// ---- what an outcome leads to

SettleItem AttemptEnds::PlanLease(const Target& target, const Lease& lease, AttemptOutcome outcome,
                                  AttemptError error) {
  SettleItem item = Plan(target, lease.entry, *lease.event,
                         {std::move(outcome), std::move(error), lease.started_us, &lease.id});
  item.record.boot = lease.id.boot;
  item.record.token = lease.id.token;
  item.attempt = lease.id.attempt;
  return item;
}

SettleItem AttemptEnds::Plan(const Target& target, const TargetQueue::Entry& entry,
                             const event::StoredEvent& event, const End& end) {
  const int64_t now_us = context_.NowUs();
  const store::ExceptionRecord* before = entry.exception ? &*entry.exception : nullptr;
  DeliveryState state;
  state.age_from_us = before ? before->age_from_us : event.accepted_us;
  state.attempts = before ? before->attempts : 0;
  state.releases = before ? before->releases : 0;
  const Decision decision =
      Next(state, end.outcome, target.policy, now_us, context_.random.Fraction());
  const AttemptError kept{CutUtf8(end.error.code, kErrorCodeBytesMax),
                          CutUtf8(end.error.message, kErrorMessageBytesMax)};
  const AttemptTimes times = TimesOf(before, decision.attempt_counted, end.started_us);

  SettleItem item;
  item.record.ref = {target.queue.target(), entry.event};
  item.record.outcome = decision.outcome;
  item.record.reason = decision.reason;
  item.record.attempt_counted = decision.attempt_counted;
  item.record.first_attempt = state.attempts == 0;
  item.record.was_exception = before != nullptr;
  if (before != nullptr) item.erased = *before;
  if (decision.outcome == store::Outcome::kRetry || decision.outcome == store::Outcome::kReleased) {
    PlanRetry(item, entry, state, decision, kept);
    item.put->first_attempt_us = times.first_us;
    item.put->last_attempt_us = times.last_us;
  }
  if (decision.outcome != store::Outcome::kFailed) return item;
  item.record.to_dead_letters = target.policy.dead_letters;
  LogFailure(target, event, end.delivery, kept, decision);
  if (!target.policy.dead_letters) return item;
  item.letter = MakeDeadLetter(item.record.ref, *target.names, event, decision, kept,
                               times.first_us, times.last_us, now_us);
  item.letter->key_hash = entry.key_hash;
  item.letter->blocks_key = target.policy.blocks_key && entry.key_hash != 0;
  if (before != nullptr && !before->event_bytes.empty()) {
    item.letter->event_accepted_us = before->event_accepted_us;
    item.letter->event_bytes = before->event_bytes;
  }
  return item;
}

void AttemptEnds::PlanRetry(SettleItem& item, const TargetQueue::Entry& entry,
                            const DeliveryState& state, const Decision& decision,
                            const AttemptError& error) {
  store::ExceptionRecord next;
  if (entry.exception) next = *entry.exception;
  next.ref = item.record.ref;
  next.due_us = decision.due_us;
  next.attempts = decision.attempts;
  next.releases = decision.releases;
  next.age_from_us = state.age_from_us;
  next.key_hash = entry.key_hash;
  if (decision.outcome == store::Outcome::kRetry) {
    next.kind = store::ExceptionRecord::Kind::kRetry;
    next.error_code = error.code;
    next.error_message = error.message;
  } else {
    next.kind = store::ExceptionRecord::Kind::kReleased;
  }
  item.put = std::move(next);
}

void AttemptEnds::LogFailure(const Target& target, const event::StoredEvent& event,
                             const DeliveryId* delivery, const AttemptError& error,
                             const Decision& decision) {
  if (++failures_logged_ > kFailureLinesPerSecond) return;
  const absl::StatusOr<event::EventHeader> header = event::ReadEventHeader(event.bytes);
  LOG_WARNING("delivery failed for good",
              {{"bus", target.names->bus},
               {"rule", target.names->rule},
               {"target", target.names->target},
               {"sequence", event.ref.sequence.value()},
               {"event", header.ok() ? header->id : ""},
               {"flow", header.ok() ? header->correlation_id : ""},
               {"delivery", delivery ? ToHex(EncodeDeliveryId(*delivery)) : ""},
               {"code", error.code},
               {"attempts", decision.attempts},
               {"dead_letter", target.policy.dead_letters}});
}

void AttemptEnds::LogFailuresLeftOut() {
  if (failures_logged_ > kFailureLinesPerSecond) {
    LOG_WARNING("further deliveries failed for good",
                {{"deliveries", failures_logged_ - kFailureLinesPerSecond}});
  }
  failures_logged_ = 0;
}

// ---- ends on their way into the log

void AttemptEnds::SettlingStarts(Lease& lease, const store::SettlementRecord& record) {
  lease.settling = true;
  lease.settling_hash = record.content_hash;
  lease.settling_outcome = record.client_outcome;
  leases_.StopTimer(lease);
}

void AttemptEnds::Unsettle(uint64_t token) {
  Lease* lease = leases_.Find(token);
  if (lease == nullptr) return;
  lease->settling = false;
  leases_.Extend(*lease, std::max(lease->expires, context_.clock.MonotonicNow() + kSettleAgain));
}

bool AttemptEnds::Submit(std::vector<SettleItem> items, uint64_t lane) {
  auto done = [this](const absl::Status& status, const std::vector<SettleItem>& failed) {
    if (status.ok()) return;
    // Only a forwarding can be refused by itself: it is tried again later, or the store has failed
    // and the broker is about to stop.
    for (const SettleItem& item : failed) {
      context_.post([this, token = item.record.token, message = std::string(status.message())] {
        Unsettle(token);
        EndLease(token, AttemptOutcome::Kind::kNack, "FORWARD_FAILED", message);
      });
    }
  };
  std::unique_ptr<store::Transaction> transaction =
      std::make_unique<SettleTransaction>(std::move(items), lane, done);
  return context_.writer != nullptr && context_.writer->Submit(transaction);
}

void AttemptEnds::EndLease(uint64_t token, AttemptOutcome::Kind kind, absl::string_view code,
                           absl::string_view message) {
  Lease* lease = leases_.Find(token);
  if (lease == nullptr || lease->settling) return;
  const Target* target = targets_.Find(lease->id.ref.target);
  if (target == nullptr) {
    leases_.Remove(token);
    return;
  }
  AttemptOutcome outcome;
  outcome.kind = kind;
  outcome.code = std::string(code);
  std::vector<SettleItem> items;
  items.push_back(PlanLease(*target, *lease, outcome, {std::string(code), std::string(message)}));
  SettlingStarts(*lease, items[0].record);
  if (!Submit(std::move(items))) {
    lease->settling = false;
    leases_.Extend(*lease, context_.clock.MonotonicNow() + kWriterBusyPause);
    return;
  }
  SessionState* session = services_.FindSession(lease->session);
  if (session == nullptr) return;
  session->leases.erase(token);
  if (session->stream) session->stream->LeasesLost({EncodeDeliveryId(lease->id)});
}

void AttemptEnds::EndExpiredLeases(MonotonicTime now) {
  for (int i = 0; i < kLeaseExpiriesPerTick; ++i) {
    const std::optional<uint64_t> token = leases_.Expired(now);
    if (!token) return;
    EndLease(*token, AttemptOutcome::Kind::kLeaseExpired, "LEASE_EXPIRED",
             "no settlement within the lease");
  }
}

}  // namespace pavane::delivery
