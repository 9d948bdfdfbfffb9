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
  std::string id(delivery->delivery_id());
  const auto [it, added] =
      held_.emplace(id, Held{std::move(delivery), State::kWaiting, lease, now + lease / 2});
  if (!added) return false;
  order_.push_back(std::move(id));
  ++waiting_;
  return true;
}

HeldDeliveries::Ptr HeldDeliveries::Start() {
  while (!order_.empty()) {
    const auto it = held_.find(order_.front());
    order_.pop_front();
    if (it == held_.end() || it->second.state != State::kWaiting) continue;
    it->second.state = State::kRunning;
    --waiting_;
    ++running_;
    return it->second.delivery;
  }
  return nullptr;
}

void HeldDeliveries::Settling(const std::string& id) {
  const auto it = held_.find(id);
  if (it == held_.end() || it->second.state != State::kRunning) return;
  it->second.state = State::kSettling;
  --running_;
}

void HeldDeliveries::Erase(std::map<std::string, Held>::iterator it) {
  if (it->second.state == State::kWaiting) --waiting_;
  if (it->second.state == State::kRunning) --running_;
  held_.erase(it);
}

HeldDeliveries::Ptr HeldDeliveries::Remove(const std::string& id) {
  const auto it = held_.find(id);
  if (it == held_.end()) return nullptr;
  Ptr delivery = it->second.delivery;
  Erase(it);
  return delivery;
}

std::vector<HeldDeliveries::Ptr> HeldDeliveries::RemoveWaiting() {
  std::vector<Ptr> removed;
  for (const std::string& id : order_) {
    const auto it = held_.find(id);
    if (it == held_.end() || it->second.state != State::kWaiting) continue;
    removed.push_back(it->second.delivery);
    Erase(it);
  }
  order_.clear();
  return removed;
}

HeldDeliveries::Ptr HeldDeliveries::Lose(const std::string& id) {
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
  std::vector<std::string> gone;
  for (auto& [id, held] : held_) {
    if (resumed.contains(id)) {
      held.extend_at = now;
    } else if (!held.delivery->lease_lost()) {
      gone.push_back(id);
    }
  }
  std::vector<Ptr> lost;
  for (const std::string& id : gone) {
    if (Ptr delivery = Lose(id)) lost.push_back(std::move(delivery));
  }
  return lost;
}

std::string_view HeldDeliveries::RuleOf(const std::string& id) const {
  const auto it = held_.find(id);
  return it == held_.end() ? std::string_view() : it->second.delivery->rule();
}

void HeldDeliveries::FillDue(SteadyTime now, pavane::v1::SubscribeRequest::Extend& message) {
  for (auto& [id, held] : held_) {
    if (held.extend_at > now) continue;
    if (message.items_size() >= kMessageItemsMax) break;
    message.add_items()->set_delivery_id(id);
    held.extend_at = now + std::max(held.lease / 4, kAskAgainMin);
  }
}

void HeldDeliveries::Extended(const std::string& id, Milliseconds lease, SteadyTime now) {
  const auto it = held_.find(id);
  if (it == held_.end() || it->second.delivery->lease_lost()) return;
  it->second.lease = lease;
  it->second.extend_at = now + lease / 2;
}

SteadyTime HeldDeliveries::NextDue(SteadyTime now) const {
  SteadyTime next = now + kForever;
  for (const auto& [id, held] : held_) next = std::min(next, held.extend_at);
  return next;
}

}  // namespace internal
}  // namespace client
}  // namespace pavane
