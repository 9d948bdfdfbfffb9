#include "delivery/handout.h"

#include "base/failpoint.h"
#include "base/log.h"
#include "delivery/event_of.h"

namespace pavane::delivery {
namespace {

constexpr int kTooOldPerTake = 256;
// To one service, before others have their turn.
constexpr int kDeliveriesPerPump = 256;

// Cost of a delivery besides its event's bytes, for byte credits.
constexpr uint64_t kDeliveryOverheadBytes = 128;

uint64_t SizeOf(const targets::OutgoingDelivery& delivery) {
  return delivery.event->bytes.size() + kDeliveryOverheadBytes;
}

constexpr int64_t kStallLogIntervalUs = 60'000'000;

// At most once a minute for each target.
void LogStalled(Target& target, int64_t now_us) {
  if (now_us < target.stall_logged_us + kStallLogIntervalUs) return;
  target.stall_logged_us = now_us;
  LOG_WARNING("ordered target is stalled: too many deliveries wait for their keys",
              {{"bus", target.names->bus},
               {"rule", target.names->rule},
               {"target", target.names->target},
               {"parked", target.queue.parked()},
               {"blocked_keys", target.queue.blocked_keys()}});
}

}  // namespace

// ---- who gets it

bool Handout::Pump() {
  // Handing out may touch services again (an expired entry makes the next one ready).
  for (Service* service : services_.TakeTouched()) PumpService(*service);
  return services_.any_touched();
}

SessionState* Handout::NextSession(Service& service) {
  for (size_t i = 0; i < service.sessions.size(); ++i) {
    SessionState* session = service.sessions[(service.next_session + i) % service.sessions.size()];
    if (!session->CanTake()) continue;
    service.next_session = (service.next_session + i + 1) % service.sessions.size();
    return session;
  }
  return nullptr;
}

// A pull that is answered at the end of a portion must have got what there is.
bool Handout::MustGoOn(const Service& service) const {
  if (service.pulls.empty()) return false;
  const PullWaiter& pull = service.pulls.front();
  return !pull.batch.empty() || pull.deadline <= context_.clock.MonotonicNow();
}

void Handout::PumpService(Service& service) {
  int left = kDeliveriesPerPump;
  while (!context_.draining && !service.ready.empty()) {
    if (--left < 0 && !MustGoOn(service)) {
      services_.Touch(service);
      break;
    }
    const bool pull = !service.pulls.empty() && service.pulls.front().CanTake();
    SessionState* session = pull ? nullptr : NextSession(service);
    if (!pull && session == nullptr) break;
    const TargetId id = service.ready.front();
    service.ready.pop_front();
    Target* target = targets_.Find(id);
    if (target == nullptr || !target->IsOf(service.name)) continue;
    target->in_ready = false;
    if (target->paused) continue;
    std::optional<targets::OutgoingDelivery> delivery =
        HandOut(*target, session == nullptr ? SessionId(0) : session->id);
    targets_.MarkReady(*target);
    if (!delivery) continue;
    if (pull) {
      GiveToPull(service, *std::move(delivery));
    } else {
      GiveToSession(*session, *std::move(delivery));
    }
  }
  FlushBatches(service);
}

void Handout::GiveToPull(Service& service, targets::OutgoingDelivery delivery) {
  PullWaiter& pull = service.pulls.front();
  pull.batch_bytes += SizeOf(delivery);
  pull.batch.push_back(std::move(delivery));
  if (pull.CanTake()) return;
  PullWaiter full = std::move(pull);
  service.pulls.pop_front();
  full.callback(std::move(full.batch));
}

void Handout::GiveToSession(SessionState& session, targets::OutgoingDelivery delivery) {
  const uint64_t bytes = SizeOf(delivery);
  --session.credit;
  session.credit_bytes -= static_cast<int64_t>(bytes);
  session.batch_bytes += bytes;
  session.batch.push_back(std::move(delivery));
  if (session.batch.size() < session.batch_max &&
      session.batch_bytes < context_.options.batch_bytes_max) {
    return;
  }
  session.batch_bytes = 0;
  session.stream->Deliver(std::exchange(session.batch, {}));
}

void Handout::FlushBatches(Service& service) {
  for (SessionState* session : service.sessions) {
    if (session->batch.empty()) continue;
    session->batch_bytes = 0;
    session->stream->Deliver(std::exchange(session->batch, {}));
  }
  const MonotonicTime now = context_.clock.MonotonicNow();
  while (!service.pulls.empty() &&
         (!service.pulls.front().batch.empty() || service.pulls.front().deadline <= now)) {
    PullWaiter pull = std::move(service.pulls.front());
    service.pulls.pop_front();
    pull.callback(std::move(pull.batch));
  }
}

// ---- what it is

std::optional<Handout::Deliverable> Handout::TakeDeliverable(Target& target) {
  const int64_t now_us = context_.NowUs();
  if (target.stalled_until_us > now_us) return std::nullopt;
  for (int i = 0; i < kTooOldPerTake; ++i) {
    std::optional<TargetQueue::Entry> entry = target.queue.Take(now_us);
    if (const absl::Status error = target.queue.TakeError(); !error.ok()) {
      LOG_ERROR("queue of a target cannot be read: {}", error.ToString());
      targets_.Stall(target, kReadFailurePause);
    }
    if (!entry) {
      if (target.queue.stalled()) LogStalled(target, now_us);
      return std::nullopt;
    }
    absl::StatusOr<event::StoredEventPtr> event = EventOf(context_.log, *entry);
    if (!event.ok()) {
      LOG_ERROR("event of a delivery cannot be read: {}", event.status().ToString());
      target.queue.PutBack(*std::move(entry));
      targets_.Stall(target, kReadFailurePause);
      return std::nullopt;
    }
    entry->accepted_us = (*event)->accepted_us;
    const int64_t age_from_us =
        entry->exception ? entry->exception->age_from_us : entry->accepted_us;
    if (!IsTooOld(age_from_us, target.policy, now_us)) {
      return Deliverable{*std::move(entry), *std::move(event)};
    }
    target.queue.PutBack(*std::move(entry));
    if (!ages_.ExpireSome(target, now_us)) return std::nullopt;
  }
  return std::nullopt;
}

Lease& Handout::MakeLease(Target& target, Deliverable deliverable, SessionId session,
                          MonotonicTime expires) {
  auto made = std::make_unique<Lease>();
  Lease& lease = *made;
  lease.id.ref = {target.queue.target(), deliverable.entry.event};
  lease.id.boot = context_.log.boot();
  lease.id.attempt = (deliverable.entry.exception ? deliverable.entry.exception->attempts : 0) + 1;
  lease.id.token = context_.random.Uint64() | 1;  // never 0, which means "none"
  lease.entry = std::move(deliverable.entry);
  lease.event = std::move(deliverable.event);
  lease.session = session;
  lease.expires = expires;
  lease.started_us = context_.NowUs();
  ++target.in_flight;
  const Dispatcher::TargetHooks& hooks = targets_.HooksOf(target);
  if (lease.id.attempt == 1 && !lease.entry.redelivered && !lease.entry.exception &&
      hooks.on_first_attempt) {
    hooks.on_first_attempt(absl::Microseconds(lease.started_us - lease.event->accepted_us));
  }
  if (SessionState* state = services_.FindSession(session)) state->leases.insert(lease.id.token);
  return leases_.Add(std::move(made));
}

std::optional<targets::OutgoingDelivery> Handout::HandOut(Target& target, SessionId session) {
  auto taken = TakeDeliverable(target);
  if (!taken) return std::nullopt;
  const Lease& lease =
      MakeLease(target, *std::move(taken), session, context_.MonotonicNow() + target.policy.lease);
  FAILPOINT("delivery.leased");
  targets::OutgoingDelivery delivery;
  delivery.delivery_id = EncodeDeliveryId(lease.id);
  delivery.event = lease.event;
  delivery.names = target.names;
  delivery.attempt = lease.id.attempt;
  delivery.lease_expires_at = context_.Now() + target.policy.lease;
  delivery.accepted_us = lease.event->accepted_us;
  delivery.batch_max = target.policy.batch_size_max;
  if (target.batch_left > 0) --target.batch_left;
  if (lease.entry.exception && lease.entry.exception->redriven) {
    delivery.out_of_order = lease.entry.key_hash != 0 && !lease.entry.exception->in_order;
  }
  if (lease.entry.exception && lease.entry.exception->redriven && lease.id.attempt == 1) {
    delivery.kind = targets::DeliveryKind::kRedrive;
  } else if (lease.entry.redelivered) {
    delivery.kind = targets::DeliveryKind::kRedelivery;
  }
  return delivery;
}

void Handout::Requeue(const std::vector<uint64_t>& tokens) {
  for (uint64_t token : tokens) {
    const std::unique_ptr<Lease> lease = leases_.Remove(token);
    if (lease == nullptr) continue;
    Target* target = targets_.Find(lease->id.ref.target);
    if (target == nullptr) continue;
    --target->in_flight;
    target->queue.PutBack(std::move(lease->entry));
    targets_.MarkReady(*target);
  }
}

}  // namespace pavane::delivery
