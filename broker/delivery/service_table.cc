#include "delivery/service_table.h"

#include <algorithm>
#include <utility>

#include "base/uuid.h"
#include "delivery/delivery_id.h"

namespace pavane::delivery {
namespace {

constexpr size_t kPullsPerServiceMax = 10'000;

}  // namespace

// ---- services

Service& ServiceTable::Named(const std::string& name) {
  std::unique_ptr<Service>& service = services_[name];
  if (service == nullptr) {
    service = std::make_unique<Service>();
    service->name = name;
  }
  return *service;
}

Service* ServiceTable::Find(const std::string& name) {
  auto found = services_.find(name);
  return found == services_.end() ? nullptr : found->second.get();
}

void ServiceTable::DropIfUnused(const std::string& name) {
  auto found = services_.find(name);
  if (found == services_.end() || !found->second->unused()) return;
  std::erase(touched_, found->second.get());
  services_.erase(found);
}

void ServiceTable::Touch(Service& service) {
  if (service.touched) return;
  service.touched = true;
  touched_.push_back(&service);
}

std::vector<Service*> ServiceTable::TakeTouched() {
  for (Service* service : touched_) service->touched = false;
  return std::exchange(touched_, {});
}

// ---- sessions

void ServiceTable::Open(OpenRequest request, const OpenCallback& callback) {
  const uint32_t batch_max = context_.options.batch_max;
  auto state = std::make_unique<SessionState>();
  state->id = SessionId(++last_session_);
  state->service = request.service;
  state->instance = request.instance;
  state->peer = request.peer;
  state->session_name = Uuid::Random(context_.random).ToString();
  state->resume_token = Uuid::Random(context_.random).ToString();
  state->connected_at = context_.clock.Now();
  state->batch_max = request.batch_max == 0 ? batch_max : std::min(request.batch_max, batch_max);
  state->stream = std::move(request.session);

  OpenAnswer answer;
  answer.id = state->id;
  answer.session_name = state->session_name;
  answer.resume_token = state->resume_token;
  answer.in_flight_max = context_.options.session_credit_max;
  if (!request.resume_token.empty()) Resume(*state, request.resume_token, answer);
  Service& service = Named(state->service);
  service.sessions.push_back(state.get());
  Touch(service);
  SessionState& session = *state;
  sessions_[session.id] = std::move(state);
  if (callback) callback(std::move(answer));
  if (context_.draining && session.stream) session.stream->Draining(context_.clock.Now());
}

void ServiceTable::Resume(SessionState& session, const std::string& resume_token,
                          OpenAnswer& answer) {
  answer.resume_failed = true;
  for (auto& [id, old] : sessions_) {
    if (old->resume_token != resume_token || old->service != session.service) continue;
    answer.resume_failed = false;
    session.leases = std::move(old->leases);
    old->leases.clear();
    for (uint64_t token : session.leases) {
      Lease* lease = leases_.Find(token);
      lease->session = session.id;
      answer.resumed_delivery_ids.push_back(EncodeDeliveryId(lease->id));
    }
    if (old->stream) old->stream->Close(absl::AbortedError("the session was resumed elsewhere"));
    Close(id, CloseKind::kOrderly);  // it has no leases any more
    return;
  }
}

void ServiceTable::AddCredit(SessionId id, uint32_t messages, uint64_t bytes) {
  SessionState* session = FindSession(id);
  if (session == nullptr) return;
  const Dispatcher::Options& options = context_.options;
  session->credit = std::min<uint64_t>(session->credit + messages, options.session_credit_max);
  if (bytes > 0) {
    session->bytes_limited = true;
    const auto bytes_max = static_cast<int64_t>(options.session_credit_bytes_max);
    const auto more = static_cast<int64_t>(std::min(bytes, options.session_credit_bytes_max));
    session->credit_bytes = std::min(session->credit_bytes + more, bytes_max);
  }
  if (Service* service = Find(session->service)) Touch(*service);
}

void ServiceTable::WithdrawCredit(SessionId id) {
  if (SessionState* session = FindSession(id)) session->credit = 0;
}

void ServiceTable::SetAlias(SessionId id, std::string service) {
  if (sessions_.contains(id)) aliases_[id] = std::move(service);
}

void ServiceTable::StopTaking(SessionId id) {
  if (SessionState* session = FindSession(id)) session->draining = true;
}

std::vector<uint64_t> ServiceTable::Close(SessionId id, CloseKind kind) {
  auto found = sessions_.find(id);
  if (found == sessions_.end()) return {};
  SessionState& session = *found->second;
  if (Service* service = Find(session.service)) {
    std::erase(service->sessions, &session);
    Touch(*service);
  }
  session.stream = nullptr;
  const std::string name = session.service;
  std::vector<uint64_t> tokens;
  if (kind == CloseKind::kLost && !session.leases.empty()) {
    session.resume_until = context_.clock.MonotonicNow() + context_.options.resume_window;
    next_lost_ = std::min(next_lost_, session.resume_until);
  } else {
    tokens = TakeLeases(session);
    sessions_.erase(found);
    aliases_.erase(id);
  }
  DropIfUnused(name);
  return tokens;
}

// A lease whose settlement commits is the broker's until then.
std::vector<uint64_t> ServiceTable::TakeLeases(SessionState& session) {
  std::vector<uint64_t> tokens;
  for (uint64_t token : std::exchange(session.leases, {})) {
    Lease* lease = leases_.Find(token);
    if (lease == nullptr) continue;
    if (lease->settling) {
      lease->session = SessionId(0);
    } else {
      tokens.push_back(token);
    }
  }
  return tokens;
}

SessionState* ServiceTable::FindSession(SessionId id) {
  auto found = sessions_.find(id);
  return found == sessions_.end() ? nullptr : found->second.get();
}

bool ServiceTable::MayServe(const std::string& service, const std::string& far_end) const {
  if (far_end == service) return true;
  for (const auto& [id, alias] : aliases_) {
    if (alias != service) continue;
    auto session = sessions_.find(id);
    if (session != sessions_.end() && session->second->service == far_end) return true;
  }
  return false;
}

std::vector<uint64_t> ServiceTable::EndLost(MonotonicTime now) {
  std::vector<uint64_t> tokens;
  if (now < next_lost_) return tokens;
  next_lost_ = MonotonicTime::InfiniteFuture();
  std::vector<SessionId> over;
  for (const auto& [id, session] : sessions_) {
    if (session->stream != nullptr) continue;
    if (session->resume_until <= now) {
      over.push_back(id);
      tokens.insert(tokens.end(), session->leases.begin(), session->leases.end());
    } else {
      next_lost_ = std::min(next_lost_, session->resume_until);
    }
  }
  for (SessionId id : over) {
    sessions_.erase(id);
    aliases_.erase(id);
  }
  return tokens;
}

void ServiceTable::Drain(absl::Time until) {
  for (auto& [id, session] : sessions_) {
    if (session->stream) session->stream->Draining(until);
  }
  for (auto& [name, service] : services_) {
    for (PullWaiter& pull : service->pulls) pull.callback(std::move(pull.batch));
    service->pulls.clear();
  }
}

// ---- pulls

void ServiceTable::Pull(PullOptions options, PullCallback callback) {
  Service& service = Named(options.service);
  if (context_.draining || service.pulls.size() >= kPullsPerServiceMax) {
    callback({});
    DropIfUnused(options.service);
    return;
  }
  PullWaiter pull;
  pull.deadline = context_.clock.MonotonicNow() + options.wait;
  pull.options = std::move(options);
  pull.callback = std::move(callback);
  service.pulls.push_back(std::move(pull));
  Touch(service);
}

void ServiceTable::AnswerLatePulls(MonotonicTime now) {
  std::vector<std::string> unused;
  for (auto& [name, service] : services_) {
    while (!service->pulls.empty() && service->pulls.front().deadline <= now) {
      PullWaiter pull = std::move(service->pulls.front());
      service->pulls.pop_front();
      pull.callback(std::move(pull.batch));
    }
    if (service->unused()) unused.push_back(name);
  }
  for (const std::string& name : unused) DropIfUnused(name);
}

MonotonicTime ServiceTable::NextPullDeadline() const {
  MonotonicTime first = MonotonicTime::InfiniteFuture();
  for (const auto& [name, service] : services_) {
    for (const PullWaiter& pull : service->pulls) first = std::min(first, pull.deadline);
  }
  return first;
}

}  // namespace pavane::delivery
