#include "clients/cpp/src/settlement_outbox.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "clients/cpp/src/errors.h"
#include "clients/cpp/src/settlements.h"

namespace pavane {
inline namespace client {
namespace internal {
namespace {

constexpr size_t kMessageBytesMax = 1 << 20;
constexpr Milliseconds kRetryAfterDefault(500);

bool IsFinal(pavane::v1::Reason reason) {
  return reason == pavane::v1::LEASE_EXPIRED || reason == pavane::v1::ALREADY_SETTLED ||
         reason == pavane::v1::INVALID_DELIVERY_ID || reason == pavane::v1::NOT_YOUR_DELIVERY;
}

bool Passes(const Error& error) {
  return error.retry_after || error.reason == pavane::v1::OVERLOADED ||
         error.reason == pavane::v1::DISK_FULL || error.reason == pavane::v1::SHUTTING_DOWN ||
         error.reason == pavane::v1::STORE_FAILED;
}

// The delivery must not hang until its lease ends because of what a handler emitted: it failed,
// with this code.
pavane::v1::Settlement NackInstead(const std::string& delivery_id, const Error& error) {
  const std::string code(error.reason_name().empty() ? "SETTLEMENT_REFUSED" : error.reason_name());
  return MakeSettlement(delivery_id, Nack(code, error.message), "");
}

}  // namespace

void SettlementOutbox::Add(pavane::v1::Settlement settlement) {
  unsent_.push_back({std::move(settlement)});
}

bool SettlementOutbox::Contains(std::string_view id) const {
  return sent_.contains(id) ||
         std::any_of(unsent_.begin(), unsent_.end(), [&](const Waiting& waiting) {
           return waiting.settlement.delivery_id() == id;
         });
}

bool SettlementOutbox::HasDue(SteadyTime now) const {
  if (unsent_.size() > delayed_) return true;
  return std::any_of(unsent_.begin(), unsent_.end(),
                     [now](const Waiting& waiting) { return waiting.due <= now; });
}

std::shared_ptr<const SettlementOutbox::Request> SettlementOutbox::Next(SteadyTime now) {
  auto request = std::make_shared<Request>();
  auto& message = *request->mutable_settle();
  std::deque<Waiting> kept;
  size_t bytes = 0;
  while (!unsent_.empty()) {
    Waiting waiting = std::move(unsent_.front());
    if (waiting.due > now) {
      unsent_.pop_front();
      kept.push_back(std::move(waiting));
      continue;
    }
    const size_t more = waiting.settlement.ByteSizeLong();
    const auto count = static_cast<size_t>(message.settlements_size());
    if (count >= kMessageSettlementsMax || (count > 0 && bytes + more > kMessageBytesMax)) {
      unsent_.front() = std::move(waiting);
      break;
    }
    unsent_.pop_front();
    bytes += more;
    if (waiting.due != SteadyTime()) --delayed_;
    *message.add_settlements() = std::move(waiting.settlement);
    const Sent sent{request, message.settlements_size() - 1, waiting.replaced};
    sent_[sent.settlement().delivery_id()] = sent;
  }
  unsent_.insert(unsent_.begin(), std::make_move_iterator(kept.begin()),
                 std::make_move_iterator(kept.end()));
  return message.settlements_size() > 0 ? std::move(request) : nullptr;
}

void SettlementOutbox::Disconnected() {
  const auto sent = std::exchange(sent_, {});
  for (const auto& [id, item] : sent) {
    // A copy: others, and the writer of a broken stream, may still have the message.
    unsent_.push_front({item.settlement(), {}, item.replaced});
  }
}

SettlementOutbox::Fate SettlementOutbox::Answer(const pavane::v1::SettleResult& result,
                                                SteadyTime now) {
  const auto it = sent_.find(result.delivery_id());
  if (it == sent_.end()) return Fate::kUnknown;
  const Sent item = std::move(it->second);
  sent_.erase(it);
  if (!result.has_error()) return Fate::kAccepted;
  const Error error = FromMessage(result.error());
  if (IsFinal(error.reason)) return Fate::kAbandoned;
  if (Passes(error)) {
    ++delayed_;
    unsent_.push_back(
        {item.settlement(), now + error.retry_after.value_or(kRetryAfterDefault), item.replaced});
    return Fate::kLater;
  }
  if (item.replaced) return Fate::kAbandoned;
  unsent_.push_back({NackInstead(result.delivery_id(), error), {}, true});
  return Fate::kReplaced;
}

SteadyTime SettlementOutbox::NextDue(SteadyTime now) const {
  if (unsent_.size() > delayed_) return now;
  SteadyTime next = now + kForever;
  for (const Waiting& waiting : unsent_) next = std::min(next, waiting.due);
  return next;
}

}  // namespace internal
}  // namespace client
}  // namespace pavane
