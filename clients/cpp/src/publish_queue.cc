#include "clients/cpp/src/publish_queue.h"

#include <algorithm>
#include <utility>

#include "clients/cpp/src/errors.h"

namespace pavane {
inline namespace client {
namespace internal {
namespace {

using pavane::v1::Reason;

// Where the broker says "later" without saying when.
constexpr Milliseconds kRetryAfterDefault(200);

// Troubles of the whole broker: sending other events meanwhile would only add to them.
bool ConcernsAll(Reason reason) {
  return reason == pavane::v1::OVERLOADED || reason == pavane::v1::DISK_FULL ||
         reason == pavane::v1::SHUTTING_DOWN || reason == pavane::v1::STORE_FAILED;
}

bool Passes(const Error& error) { return error.retry_after || ConcernsAll(error.reason); }

void Finish(PendingEvent& event, PublishResult result, PublishQueue::Answered& out) {
  event.answered = true;
  out.push_back({std::move(event.callback), std::move(result), event.bytes, event.epoch});
}

void GiveUp(PendingEvent& event, const std::string& id, Error error, PublishQueue::Answered& out) {
  PublishResult result;
  result.event_id = id;
  result.error = std::move(error);
  Finish(event, std::move(result), out);
}

}  // namespace

PublishResult FromMessage(const pavane::v1::PublishResult& message) {
  PublishResult result;
  result.sequence = message.sequence();
  result.matched_rules = message.matched_rules();
  result.duplicate = message.duplicate();
  result.bus = message.bus();
  result.event_id = message.event_id();
  if (message.has_error()) result.error = FromMessage(message.error());
  return result;
}

void PublishQueue::Add(PendingEvent event) {
  waiting_bytes_ += event.bytes;
  waiting_.push_back(std::move(event));
}

std::shared_ptr<const PublishQueue::Request> PublishQueue::Next(SteadyTime now) {
  for (InFlight& flight : in_flight_) {
    if (flight.sent) continue;
    flight.sent = true;
    return flight.request;
  }
  ResumeDelayed(now);
  if (waiting_.empty() || now < paused_until_) return nullptr;
  if (in_flight_.size() >= options_.requests_in_flight_max) return nullptr;
  if (!in_flight_.empty() && !BatchIsFull()) return nullptr;
  return NewRequest();
}

bool PublishQueue::WantsToSend() const {
  return !waiting_.empty() && in_flight_.size() < options_.requests_in_flight_max &&
         (in_flight_.empty() || BatchIsFull());
}

void PublishQueue::Disconnected() {
  stuck_ = false;
  for (InFlight& flight : in_flight_) flight.sent = false;
}

void PublishQueue::ResumeDelayed(SteadyTime now) {
  const auto due = std::stable_partition(delayed_.begin(), delayed_.end(),
                                         [now](const Delayed& d) { return d.due > now; });
  // To the front, the last first, so that they keep their order.
  for (auto it = delayed_.end(); it != due;) {
    --it;
    waiting_bytes_ += it->event.bytes;
    waiting_.push_front(std::move(it->event));
  }
  delayed_.erase(due, delayed_.end());
}

bool PublishQueue::BatchIsFull() const {
  return waiting_.size() >= options_.batch_events_max || waiting_bytes_ >= options_.batch_bytes_max;
}

std::shared_ptr<const PublishQueue::Request> PublishQueue::NewRequest() {
  InFlight flight;
  auto request = std::make_shared<Request>(next_request_id_++);
  flight.events.reserve(std::min(waiting_.size(), options_.batch_events_max));
  flight.sent = true;
  size_t bytes = 0;
  while (!waiting_.empty() && flight.events.size() < options_.batch_events_max) {
    PendingEvent& event = waiting_.front();
    if (!flight.events.empty() && bytes + event.bytes > options_.batch_bytes_max) break;
    bytes += event.bytes;
    request->Add(event.entry);
    event.entry = {};
    flight.events.push_back(std::move(event));
    waiting_.pop_front();
  }
  waiting_bytes_ -= bytes;
  flight.request = std::move(request);
  in_flight_.push_back(std::move(flight));
  return in_flight_.back().request;
}

PublishQueue::Answered PublishQueue::Answer(const pavane::v1::PublishStreamResponse& response,
                                            SteadyTime now) {
  Answered out;
  for (const auto& answer : response.answers()) {
    // The front one, but for an answer that comes after its request was given up.
    const auto it = std::find_if(in_flight_.begin(), in_flight_.end(), [&](const InFlight& f) {
      return f.request->request_id() == answer.request_id();
    });
    if (it == in_flight_.end()) continue;
    InFlight flight = std::move(*it);
    in_flight_.erase(it);
    AnswerRequest(flight, answer, now, out);
  }
  return out;
}

void PublishQueue::AnswerRequest(InFlight& flight,
                                 const pavane::v1::PublishStreamResponse::Answer& answer,
                                 SteadyTime now, Answered& out) {
  for (size_t i = 0; i < flight.events.size(); ++i) {
    PendingEvent& event = flight.events[i];
    if (event.answered) continue;
    PublishResult result;
    if (static_cast<int>(i) < answer.results_size()) {
      result = FromMessage(answer.results(static_cast<int>(i)));
    } else {
      result.error = MakeError(kUnknown, "the broker did not answer this entry of the request");
    }
    if (result.event_id.empty()) result.event_id = EventIdOf(flight.request->entry(i));
    if (!result.ok() && TryAgain(event, flight.request->entry(i), result.error, now)) continue;
    Finish(event, std::move(result), out);
  }
}

bool PublishQueue::TryAgain(PendingEvent& event, std::string_view entry, const Error& error,
                            SteadyTime now) {
  if (!Passes(error)) return false;
  const SteadyTime due = now + error.retry_after.value_or(kRetryAfterDefault);
  if (due >= event.deadline) return false;
  event.entry = std::string(entry);
  event.last_error = std::make_unique<Error>(error);
  if (ConcernsAll(error.reason)) paused_until_ = std::max(paused_until_, due);
  delayed_.push_back({due, std::move(event)});
  return true;
}

PublishQueue::Answered PublishQueue::Expire(SteadyTime now, const Error& connection) {
  Answered out;
  Error error = MakeError(kDeadlineExceeded, "not answered in time");
  if (!connection.ok()) error.message += "; last connection error: " + connection.ToString();
  ExpireInFlight(now, error, out);
  const auto expire = [&](PendingEvent& event) {
    // Not in flight: the last refusal is the whole truth.
    GiveUp(event, EventIdOf(event.entry), event.last_error == nullptr ? error : *event.last_error,
           out);
  };
  while (!waiting_.empty() && waiting_.front().deadline <= now) {
    waiting_bytes_ -= waiting_.front().bytes;
    expire(waiting_.front());
    waiting_.pop_front();
  }
  for (Delayed& delayed : delayed_) {
    if (delayed.event.deadline <= now) expire(delayed.event);
  }
  std::erase_if(delayed_, [](const Delayed& d) { return d.event.answered; });
  return out;
}

void PublishQueue::ExpireInFlight(SteadyTime now, const Error& error, Answered& out) {
  const auto expire = [&](InFlight& flight) {
    bool alive = false;
    for (size_t i = 0; i < flight.events.size(); ++i) {
      PendingEvent& event = flight.events[i];
      if (!event.answered && event.deadline <= now) {
        GiveUp(event, EventIdOf(flight.request->entry(i)), error, out);
      }
      alive = alive || !event.answered;
    }
    if (!alive && flight.sent) stuck_ = true;
    return !alive;
  };
  std::erase_if(in_flight_, expire);
}

PublishQueue::Answered PublishQueue::Abort(const Error& error) {
  Answered out;
  for (InFlight& flight : in_flight_) {
    for (size_t i = 0; i < flight.events.size(); ++i) {
      if (flight.events[i].answered) continue;
      GiveUp(flight.events[i], EventIdOf(flight.request->entry(i)), error, out);
    }
  }
  const auto abort = [&](PendingEvent& event) {
    GiveUp(event, EventIdOf(event.entry), error, out);
  };
  for (Delayed& delayed : delayed_) abort(delayed.event);
  for (PendingEvent& event : waiting_) abort(event);
  in_flight_.clear();
  delayed_.clear();
  waiting_.clear();
  waiting_bytes_ = 0;
  return out;
}

SteadyTime PublishQueue::NextExpiry(SteadyTime now) const {
  SteadyTime next = now + kForever;
  if (!waiting_.empty()) next = std::min(next, waiting_.front().deadline);
  for (const Delayed& delayed : delayed_) next = std::min(next, delayed.event.deadline);
  for (const InFlight& flight : in_flight_) {
    for (const PendingEvent& event : flight.events) {
      if (!event.answered) next = std::min(next, event.deadline);
    }
  }
  return next;
}

SteadyTime PublishQueue::NextSend(SteadyTime now) const {
  SteadyTime next = now + kForever;
  if (!waiting_.empty() && paused_until_ > now) next = paused_until_;
  for (const Delayed& delayed : delayed_) next = std::min(next, delayed.due);
  return next;
}

}  // namespace internal
}  // namespace client
}  // namespace pavane
