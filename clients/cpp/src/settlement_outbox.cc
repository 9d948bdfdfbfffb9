#include "clients/cpp/src/settlement_outbox.h"

#include <algorithm>
#include <utility>

#include "clients/cpp/src/errors.h"
#include "clients/cpp/src/settlements.h"

namespace pavane {
inline namespace client {
namespace internal {
namespace {

constexpr int kMessageSettlementsMax = 256;
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
  Item item;
  item.settlement = std::move(settlement);
  unsent_.push_back(std::move(item));
}

bool SettlementOutbox::Contains(const std::string& id) const {
  return sent_.contains(id) || std::any_of(unsent_.begin(), unsent_.end(), [&](const Item& item) {
           return item.settlement.delivery_id() == id;
         });
}

bool SettlementOutbox::HasDue(SteadyTime now) const {
  return std::any_of(unsent_.begin(), unsent_.end(),
                     [now](const Item& item) { return item.due <= now; });
}

void SettlementOutbox::Fill(SteadyTime now, pavane::v1::SubscribeRequest::Settle& message) {
  std::deque<Item> kept;
  size_t bytes = 0;
  for (Item& item : unsent_) {
    const size_t item_bytes = item.settlement.ByteSizeLong();
    const bool full = message.settlements_size() >= kMessageSettlementsMax ||
                      (message.settlements_size() > 0 && bytes + item_bytes > kMessageBytesMax);
    if (full || item.due > now) {
      kept.push_back(std::move(item));
      continue;
    }
    bytes += item_bytes;
    *message.add_settlements() = item.settlement;
    const std::string id = item.settlement.delivery_id();
    sent_[id] = std::move(item);
  }
  unsent_ = std::move(kept);
}

void SettlementOutbox::Disconnected() {
  for (auto& [id, item] : sent_) unsent_.push_front(std::move(item));
  sent_.clear();
}

SettlementOutbox::Fate SettlementOutbox::Answer(const pavane::v1::SettleResult& result,
                                                SteadyTime now) {
  const auto it = sent_.find(result.delivery_id());
  if (it == sent_.end()) return Fate::kUnknown;
  Item item = std::move(it->second);
  sent_.erase(it);
  if (!result.has_error()) return Fate::kAccepted;
  const Error error = FromMessage(result.error());
  if (IsFinal(error.reason)) return Fate::kAbandoned;
  if (Passes(error)) {
    item.due = now + error.retry_after.value_or(kRetryAfterDefault);
    unsent_.push_back(std::move(item));
    return Fate::kLater;
  }
  if (item.replaced) return Fate::kAbandoned;
  item.settlement = NackInstead(result.delivery_id(), error);
  item.replaced = true;
  unsent_.push_back(std::move(item));
  return Fate::kReplaced;
}

SteadyTime SettlementOutbox::NextDue(SteadyTime now) const {
  SteadyTime next = now + kForever;
  for (const Item& item : unsent_) next = std::min(next, item.due);
  return next;
}

}  // namespace internal
}  // namespace client
}  // namespace pavane
