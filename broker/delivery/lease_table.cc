#include "delivery/lease_table.h"

#include "base/check.h"

namespace pavane::delivery {

Lease& LeaseTable::Add(std::unique_ptr<Lease> lease) {
  auto [place, added] = by_token_.emplace(lease->id.token, std::move(lease));
  CHECK(added) << "tokens are unique";
  StartTimer(*place->second);
  return *place->second;
}

Lease* LeaseTable::Find(uint64_t token) {
  auto found = by_token_.find(token);
  return found == by_token_.end() ? nullptr : found->second.get();
}

Lease* LeaseTable::FindAnyOf(const store::DeliveryRef& ref) {
  for (auto& [token, lease] : by_token_) {
    if (lease->id.ref == ref) return lease.get();
  }
  return nullptr;
}

void LeaseTable::StartTimer(Lease& lease) {
  if (last_ != nullptr && lease.expires < last_->expires) {
    lease.timer = Lease::Timer::kSorted;
    sorted_.emplace(lease.expires, lease.id.token);
    return;
  }
  lease.timer = Lease::Timer::kInLine;
  lease.before = last_;
  lease.after = nullptr;
  (last_ == nullptr ? first_ : last_->after) = &lease;
  last_ = &lease;
}

void LeaseTable::StopTimer(Lease& lease) {
  const Lease::Timer timer = std::exchange(lease.timer, Lease::Timer::kOff);
  if (timer == Lease::Timer::kSorted) sorted_.erase({lease.expires, lease.id.token});
  if (timer != Lease::Timer::kInLine) return;
  (lease.before == nullptr ? first_ : lease.before->after) = lease.after;
  (lease.after == nullptr ? last_ : lease.after->before) = lease.before;
}

void LeaseTable::Extend(Lease& lease, MonotonicTime expires) {
  StopTimer(lease);
  lease.expires = expires;
  StartTimer(lease);
}

std::unique_ptr<Lease> LeaseTable::Remove(uint64_t token) {
  auto found = by_token_.find(token);
  if (found == by_token_.end()) return nullptr;
  std::unique_ptr<Lease> lease = std::move(found->second);
  by_token_.erase(found);
  StopTimer(*lease);
  return lease;
}

MonotonicTime LeaseTable::NextExpiry() const {
  MonotonicTime next = MonotonicTime::InfiniteFuture();
  if (first_ != nullptr) next = first_->expires;
  if (!sorted_.empty()) next = std::min(next, sorted_.begin()->first);
  return next;
}

std::optional<uint64_t> LeaseTable::Expired(MonotonicTime now) const {
  if (first_ != nullptr && first_->expires <= now) return first_->id.token;
  if (!sorted_.empty() && sorted_.begin()->first <= now) return sorted_.begin()->second;
  return std::nullopt;
}

}  // namespace pavane::delivery
