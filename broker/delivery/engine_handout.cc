// The half of Engine that hands deliveries out: sessions, credit, pulls, forwardings.
#include <algorithm>
#include <utility>

#include "absl/strings/escaping.h"

#include "base/log.h"
#include "base/uuid.h"
#include "delivery/engine.h"

namespace pavane::delivery {
namespace {

constexpr absl::Duration kReadFailurePause = absl::Minutes(1);
constexpr absl::Duration kWriterBusyPause = absl::Milliseconds(50);
constexpr uint32_t kForwardsInFlightMax = 256;  // of one `bus:` target
constexpr int kTooOldPerTake = 256;
constexpr size_t kPullsPerServiceMax = 10'000;

// Cost of a delivery besides its event's bytes, for byte credits.
constexpr uint64_t kDeliveryOverheadBytes = 128;

uint64_t SizeOf(const targets::OutgoingDelivery& delivery) {
  return delivery.event->bytes.size() + kDeliveryOverheadBytes;
}

}  // namespace

// ---- services

Service& Engine::ServiceNamed(const std::string& name) {
  std::unique_ptr<Service>& service = services_[name];
  if (service == nullptr) {
    service = std::make_unique<Service>();
    service->name = name;
  }
  return *service;
}

void Engine::DropIfUnused(const std::string& name) {
  auto found = services_.find(name);
  if (found == services_.end() || !found->second->unused()) return;
  std::erase(touched_, found->second.get());
  services_.erase(found);
}

void Engine::Touch(Service& service) {
  if (service.touched) return;
  service.touched = true;
  touched_.push_back(&service);
}

void Engine::MarkReady(Target& target) {
  UpdateTimer(target);
  if (target.in_ready || target.paused) return;
  const int64_t now_us = NowUs();
  if (target.stalled_until_us > now_us || !target.queue.HasWork(now_us)) return;
  if (target.kind == Target::Kind::kBus) {
    if (target.in_flight >= kForwardsInFlightMax) return;
    target.in_ready = true;
    forward_ready_.push_back(target.queue.target());
    return;
  }
  if (target.in_flight >= target.policy.in_flight_max) return;
  target.in_ready = true;
  Service& service = ServiceNamed(target.far_end);
  service.ready.push_back(target.queue.target());
  Touch(service);
}

void Engine::UpdateTimer(Target& target) {
  int64_t due_us = target.queue.NextDueUs();
  if (target.stalled_until_us > NowUs()) due_us = std::min(due_us, target.stalled_until_us);
  if (due_us <= NowUs()) due_us = TargetQueue::kNever;  // ready already
  if (due_us == target.timer_us) return;
  target_timers_.erase({target.timer_us, target.queue.target()});
  target.timer_us = due_us;
  if (due_us != TargetQueue::kNever) target_timers_.emplace(due_us, target.queue.target());
}

void Engine::Stall(Target& target, absl::Duration pause) {
  target.stalled_until_us = NowUs() + absl::ToInt64Microseconds(pause);
  UpdateTimer(target);
}

// ---- sessions

void Engine::OpenSession(OpenRequest request, const OpenCallback& callback) {
  auto state = std::make_unique<SessionState>();
  state->id = SessionId(++last_session_);
  state->service = request.service;
  state->instance = request.instance;
  state->peer = request.peer;
  state->session_name = Uuid::Random(env_.random).ToString();
  state->resume_token = Uuid::Random(env_.random).ToString();
  state->connected_at = env_.clock.Now();
  state->batch_max =
      request.batch_max == 0 ? options_.batch_max : std::min(request.batch_max, options_.batch_max);
  state->stream = std::move(request.session);

  OpenAnswer answer;
  answer.id = state->id;
  answer.session_name = state->session_name;
  answer.resume_token = state->resume_token;
  answer.in_flight_max = options_.session_credit_max;
  if (!request.resume_token.empty()) {
    answer.resume_failed = true;
    for (auto& [id, old] : sessions_) {
      if (old->resume_token != request.resume_token || old->service != request.service) continue;
      answer.resume_failed = false;
      state->leases = std::move(old->leases);
      old->leases.clear();
      for (uint64_t token : state->leases) {
        Lease* lease = leases_.Find(token);
        lease->session = state->id;
        answer.resumed_delivery_ids.push_back(EncodeDeliveryId(lease->id));
      }
      if (old->stream) old->stream->Close(absl::AbortedError("the session was resumed elsewhere"));
      CloseSession(id, CloseKind::kOrderly);
      break;
    }
  }
  Service& service = ServiceNamed(state->service);
  service.sessions.push_back(state.get());
  Touch(service);
  SessionState& session = *state;
  sessions_[session.id] = std::move(state);
  if (callback) callback(std::move(answer));
  if (draining_ && session.stream) session.stream->Draining(env_.clock.Now());
}

void Engine::AddCredit(SessionId id, uint32_t messages, uint64_t bytes) {
  auto found = sessions_.find(id);
  if (found == sessions_.end()) return;
  SessionState& session = *found->second;
  session.credit = std::min<uint64_t>(session.credit + messages, options_.session_credit_max);
  if (bytes > 0) {
    session.bytes_limited = true;
    const auto bytes_max = static_cast<int64_t>(options_.session_credit_bytes_max);
    const auto more = static_cast<int64_t>(std::min(bytes, options_.session_credit_bytes_max));
    session.credit_bytes = std::min(session.credit_bytes + more, bytes_max);
  }
  if (auto service = services_.find(session.service); service != services_.end()) {
    Touch(*service->second);
  }
}

void Engine::SetAlias(SessionId id, std::string service) {
  if (sessions_.contains(id)) aliases_[id] = std::move(service);
}

void Engine::DrainSession(SessionId id) {
  auto found = sessions_.find(id);
  if (found != sessions_.end()) found->second->draining = true;
}

void Engine::CloseSession(SessionId id, CloseKind kind) {
  auto found = sessions_.find(id);
  if (found == sessions_.end()) return;
  SessionState& session = *found->second;
  if (auto service = services_.find(session.service); service != services_.end()) {
    std::erase(service->second->sessions, &session);
    Touch(*service->second);
  }
  session.stream = nullptr;
  const std::string name = session.service;
  if (kind == CloseKind::kLost && !session.leases.empty()) {
    session.resume_until = env_.clock.MonotonicNow() + options_.resume_window;
    next_sweep_ = std::min(next_sweep_, session.resume_until);
  } else {
    ReleaseLeases(session);
    sessions_.erase(found);
    aliases_.erase(id);
  }
  DropIfUnused(name);
}

void Engine::ReleaseLeases(SessionState& session) {
  const std::vector<uint64_t> tokens(session.leases.begin(), session.leases.end());
  session.leases.clear();
  for (uint64_t token : tokens) {
    Lease* lease = leases_.Find(token);
    if (lease == nullptr) continue;
    if (lease->settling) {
      lease->session = SessionId(0);
      continue;
    }
    Requeue(*leases_.Remove(token));
  }
}

void Engine::Requeue(Lease lease) {
  auto found = targets_.find(lease.id.ref.target);
  if (found == targets_.end()) return;
  --found->second->in_flight;
  found->second->queue.PutBack(std::move(lease.entry));
  MarkReady(*found->second);
}

void Engine::Pull(PullOptions options, PullCallback callback) {
  Service& service = ServiceNamed(options.service);
  if (draining_ || service.pulls.size() >= kPullsPerServiceMax) {
    callback({});
    DropIfUnused(options.service);
    return;
  }
  PullWaiter pull;
  pull.deadline = env_.clock.MonotonicNow() + options.wait;
  pull.options = std::move(options);
  pull.callback = std::move(callback);
  service.pulls.push_back(std::move(pull));
  Touch(service);
}

void Engine::Drain(absl::Time until) {
  draining_ = true;
  for (auto& [id, session] : sessions_) {
    if (session->stream) session->stream->Draining(until);
  }
  for (auto& [name, service] : services_) {
    for (PullWaiter& pull : service->pulls) pull.callback(std::move(pull.batch));
    service->pulls.clear();
  }
}

// ---- handing out

void Engine::Pump() {
  // Handing out may touch services again (an expired entry makes the next one ready).
  for (int round = 0; round < 4 && !touched_.empty(); ++round) {
    std::vector<Service*> touched = std::exchange(touched_, {});
    for (Service* service : touched) {
      service->touched = false;
      PumpService(*service);
    }
  }
  PumpForwards();
}

SessionState* Engine::NextSession(Service& service) {
  for (size_t i = 0; i < service.sessions.size(); ++i) {
    SessionState* session = service.sessions[(service.next_session + i) % service.sessions.size()];
    if (!session->CanTake()) continue;
    service.next_session = (service.next_session + i + 1) % service.sessions.size();
    return session;
  }
  return nullptr;
}

void Engine::PumpService(Service& service) {
  while (!draining_ && !service.ready.empty()) {
    PullWaiter* pull = !service.pulls.empty() && service.pulls.front().CanTake()
                           ? &service.pulls.front()
                           : nullptr;
    SessionState* session = pull == nullptr ? NextSession(service) : nullptr;
    if (pull == nullptr && session == nullptr) break;
    const TargetId id = service.ready.front();
    service.ready.pop_front();
    auto found = targets_.find(id);
    if (found == targets_.end() || found->second->far_end != service.name) continue;
    Target& target = *found->second;
    target.in_ready = false;
    if (target.paused) continue;
    std::optional<targets::OutgoingDelivery> delivery =
        HandOut(target, session == nullptr ? SessionId(0) : session->id);
    MarkReady(target);
    if (!delivery) continue;
    const uint64_t bytes = SizeOf(*delivery);
    if (pull != nullptr) {
      pull->batch_bytes += bytes;
      pull->batch.push_back(*std::move(delivery));
      if (pull->CanTake()) continue;
      PullWaiter full = std::move(*pull);
      service.pulls.pop_front();
      full.callback(std::move(full.batch));
      continue;
    }
    --session->credit;
    session->credit_bytes -= static_cast<int64_t>(bytes);
    session->batch_bytes += bytes;
    session->batch.push_back(*std::move(delivery));
    if (session->batch.size() >= session->batch_max ||
        session->batch_bytes >= options_.batch_bytes_max) {
      session->batch_bytes = 0;
      session->stream->Deliver(std::exchange(session->batch, {}));
    }
  }
  FlushBatches(service);
}

void Engine::FlushBatches(Service& service) {
  for (SessionState* session : service.sessions) {
    if (session->batch.empty()) continue;
    session->batch_bytes = 0;
    session->stream->Deliver(std::exchange(session->batch, {}));
  }
  const MonotonicTime now = env_.clock.MonotonicNow();
  while (!service.pulls.empty() &&
         (!service.pulls.front().batch.empty() || service.pulls.front().deadline <= now)) {
    PullWaiter pull = std::move(service.pulls.front());
    service.pulls.pop_front();
    pull.callback(std::move(pull.batch));
  }
}

absl::StatusOr<event::StoredEventPtr> Engine::EventOf(const TargetQueue::Entry& entry) {
  auto event = env_.log.ReadEvent(entry.event);
  if (event.ok() || !entry.exception || entry.exception->event_bytes.empty()) return event;
  auto kept = std::make_shared<event::StoredEvent>();
  kept->ref = entry.event;
  kept->accepted_us = entry.exception->event_accepted_us;
  kept->bytes = entry.exception->event_bytes;
  return event::StoredEventPtr(std::move(kept));
}

std::optional<std::pair<TargetQueue::Entry, event::StoredEventPtr>> Engine::TakeDeliverable(
    Target& target) {
  const int64_t now_us = NowUs();
  if (target.stalled_until_us > now_us) return std::nullopt;
  for (int i = 0; i < kTooOldPerTake; ++i) {
    std::optional<TargetQueue::Entry> entry = target.queue.Take(now_us);
    if (const absl::Status error = target.queue.TakeError(); !error.ok()) {
      LOG_ERROR("queue of a target cannot be read: {}", error.ToString());
      Stall(target, kReadFailurePause);
    }
    if (!entry) return std::nullopt;
    absl::StatusOr<event::StoredEventPtr> event = EventOf(*entry);
    if (!event.ok()) {
      LOG_ERROR("event of a delivery cannot be read: {}", event.status().ToString());
      target.queue.PutBack(*std::move(entry));
      Stall(target, kReadFailurePause);
      return std::nullopt;
    }
    entry->accepted_us = (*event)->accepted_us;
    const int64_t age_from_us =
        entry->exception ? entry->exception->age_from_us : entry->accepted_us;
    if (!IsTooOld(age_from_us, target.policy, now_us)) {
      return std::make_pair(*std::move(entry), *std::move(event));
    }
    target.queue.PutBack(*std::move(entry));
    if (!ExpireSome(target, now_us)) return std::nullopt;
  }
  return std::nullopt;
}

Lease& Engine::MakeLease(Target& target, TargetQueue::Entry entry, event::StoredEventPtr event,
                         SessionId session, MonotonicTime expires) {
  Lease lease;
  lease.id.ref = {target.queue.target(), entry.event};
  lease.id.boot = env_.log.boot();
  lease.id.attempt = (entry.exception ? entry.exception->attempts : 0) + 1;
  lease.id.token = env_.random.Uint64() | 1;  // never 0, which means "none"
  lease.entry = std::move(entry);
  lease.event = std::move(event);
  lease.session = session;
  lease.expires = expires;
  lease.started_us = NowUs();
  ++target.in_flight;
  if (lease.id.attempt == 1 && !lease.entry.redelivered && hooks_.on_first_attempt) {
    hooks_.on_first_attempt(target.names->bus, target.far_end,
                            absl::Microseconds(lease.started_us - lease.event->accepted_us));
  }
  if (auto found = sessions_.find(session); found != sessions_.end()) {
    found->second->leases.insert(lease.id.token);
  }
  return leases_.Add(std::move(lease));
}

std::optional<targets::OutgoingDelivery> Engine::HandOut(Target& target, SessionId session) {
  auto taken = TakeDeliverable(target);
  if (!taken) return std::nullopt;
  const Lease& lease = MakeLease(target, std::move(taken->first), std::move(taken->second), session,
                                 env_.clock.MonotonicNow() + target.policy.lease);
  targets::OutgoingDelivery delivery;
  delivery.delivery_id = EncodeDeliveryId(lease.id);
  delivery.event = lease.event;
  delivery.names = target.names;
  delivery.attempt = lease.id.attempt;
  delivery.lease_expires_at = env_.clock.Now() + target.policy.lease;
  delivery.accepted_us = lease.event->accepted_us;
  if (lease.entry.exception && lease.entry.exception->redriven && lease.id.attempt == 1) {
    delivery.kind = targets::DeliveryKind::kRedrive;
  } else if (lease.entry.redelivered) {
    delivery.kind = targets::DeliveryKind::kRedelivery;
  }
  return delivery;
}

// ---- forwarding to other buses

void Engine::PumpForwards() {
  for (size_t left = forward_ready_.size(); left > 0 && !draining_; --left) {
    const TargetId id = forward_ready_.front();
    forward_ready_.pop_front();
    auto found = targets_.find(id);
    if (found == targets_.end()) continue;
    Target& target = *found->second;
    target.in_ready = false;
    while (!target.paused && target.kind == Target::Kind::kBus &&
           target.in_flight < kForwardsInFlightMax) {
      const uint32_t before = target.in_flight;
      ForwardOne(target);
      if (target.in_flight == before) break;
    }
    UpdateTimer(target);
  }
}

void Engine::ForwardOne(Target& target) {
  auto taken = TakeDeliverable(target);
  if (!taken) return;
  Lease& lease = MakeLease(target, std::move(taken->first), std::move(taken->second), SessionId(0),
                           MonotonicTime::InfiniteFuture());
  AttemptOutcome outcome;
  AttemptError error;
  absl::StatusOr<std::unique_ptr<PreparedEvents>> forwarded =
      forward_ ? forward_(target.far_end, lease.event)
               : absl::UnimplementedError("no forwarding here");
  if (!forwarded.ok()) {
    error.message = std::string(forwarded.status().message());
    if (absl::IsNotFound(forwarded.status())) {
      outcome.kind = AttemptOutcome::Kind::kTargetMissing;
      error.code = "TARGET_MISSING";
    } else if (absl::IsOutOfRange(forwarded.status())) {
      outcome.kind = AttemptOutcome::Kind::kHopLimit;
      error.code = "HOP_LIMIT";
    } else {
      outcome.kind = AttemptOutcome::Kind::kNack;
      error.code = "FORWARD_FAILED";
    }
  }
  SettleItem item = MakeLeaseItem(target, lease, outcome, error);
  if (forwarded.ok()) {
    item.emits = *std::move(forwarded);
    item.consumed = lease.event;
  }
  lease.settling = true;
  leases_.StopTimer(lease);
  const uint64_t token = lease.id.token;
  std::vector<SettleItem> items;
  items.push_back(std::move(item));
  if (SubmitOwn(std::move(items))) return;
  Requeue(*leases_.Remove(token));
  Stall(target, kWriterBusyPause);
}

}  // namespace pavane::delivery
