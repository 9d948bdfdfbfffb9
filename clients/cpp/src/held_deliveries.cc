#include "clients/cpp/src/held_deliveries.h"

#include <algorithm>
#include <utility>

namespace pavane {
inline namespace client {
namespace internal {
namespace {

constexpr int kMessageItemsMax = 1'000;
// Between two requests to extend one lease while no answer comes.
constexpr Milliseconds kAskAgainMin(250);

}  // namespace

bool HeldDeliveries::Add(Ptr delivery, Milliseconds lease, SteadyTime now) {
  const SteadyTime extend_at = now + lease / 2;
  const auto [it, added] =
      held_.try_emplace(delivery->delivery_id(), Held{delivery, State::kWaiting, lease, extend_at});
  if (!added) return false;
  if (next_due_) next_due_ = std::min(*next_due_, extend_at);
  order_.push_back(std::move(delivery));
  ++waiting_;
  return true;
}

HeldDeliveries::Ptr HeldDeliveries::Start() {
  while (!order_.empty()) {
    Ptr delivery = std::move(order_.front());
    order_.pop_front();
    const auto it = held_.find(delivery->delivery_id());
    if (it == held_.end() || it->second.state != State::kWaiting) continue;
    it->second.state = State::kRunning;
    --waiting_;
    ++running_;
    return delivery;
  }
  return nullptr;
}

void HeldDeliveries::Settling(std::string_view id) {
  const auto it = held_.find(id);
  if (it == held_.end() || it->second.state != State::kRunning) return;
  it->second.state = State::kSettling;
  --running_;
}

void HeldDeliveries::Erase(Map::iterator it) {
  if (it->second.state == State::kWaiting) --waiting_;
  if (it->second.state == State::kRunning) --running_;
  held_.erase(it);
}

HeldDeliveries::Ptr HeldDeliveries::Remove(std::string_view id) {
  const auto it = held_.find(id);
  if (it == held_.end()) return nullptr;
  Ptr delivery = it->second.delivery;
  Erase(it);
  return delivery;
}

std::vector<HeldDeliveries::Ptr> HeldDeliveries::RemoveWaiting() {
  std::vector<Ptr> removed;
  for (const Ptr& delivery : order_) {
    const auto it = held_.find(delivery->delivery_id());
    if (it == held_.end() || it->second.state != State::kWaiting) continue;
    removed.push_back(it->second.delivery);
    Erase(it);
  }
  order_.clear();
  return removed;
}

HeldDeliveries::Ptr HeldDeliveries::Lose(std::string_view id) {
  const auto it = held_.find(id);
  if (it == held_.end() || it->second.state == State::kSettling) return nullptr;
  Ptr delivery = it->second.delivery;
  delivery->set_lease_lost();
  if (it->second.state == State::kWaiting) {
    Erase(it);
  } else {
    // The handler still runs; there is nothing left to extend.
    it->second.extend_at = SteadyTime::max();
  }
  return delivery;
}

std::vector<HeldDeliveries::Ptr> HeldDeliveries::Resume(const std::set<std::string>& resumed,
                                                        SteadyTime now) {
  next_due_.reset();
  std::vector<Ptr> gone;
  for (auto& [id, held] : held_) {
    if (resumed.contains(std::string(id))) {
      held.extend_at = now;
    } else if (!held.delivery->lease_lost()) {
      gone.push_back(held.delivery);
    }
  }
  std::vector<Ptr> lost;
  for (const Ptr& delivery : gone) {
    if (Lose(delivery->delivery_id()) != nullptr) lost.push_back(delivery);
  }
  return lost;
}

std::string_view HeldDeliveries::RuleOf(std::string_view id) const {
  const auto it = held_.find(id);
  return it == held_.end() ? std::string_view() : it->second.delivery->rule();
}

void HeldDeliveries::FillDue(SteadyTime now, pavane::v1::SubscribeRequest::Extend& message) {
  next_due_.reset();
  for (auto& [id, held] : held_) {
    if (held.extend_at > now) continue;
    if (message.items_size() >= kMessageItemsMax) break;
    message.add_items()->set_delivery_id(id.data(), id.size());
    held.extend_at = now + std::max(held.lease / 4, kAskAgainMin);
  }
}

void HeldDeliveries::Extended(std::string_view id, Milliseconds lease, SteadyTime now) {
  const auto it = held_.find(id);
  if (it == held_.end() || it->second.delivery->lease_lost()) return;
  it->second.lease = lease;
  it->second.extend_at = now + lease / 2;
  next_due_.reset();
}

SteadyTime HeldDeliveries::NextDue(SteadyTime now) const {
  if (!next_due_ || *next_due_ <= now) {
    next_due_ = now + kForever;
    for (const auto& [id, held] : held_) next_due_ = std::min(*next_due_, held.extend_at);
  }
  return *next_due_;
}

}  // namespace internal
}  // namespace client
}  // namespace pavane
