#include "delivery/lease_table.h"

#include "base/check.h"

namespace pavane::delivery {

Lease& LeaseTable::Add(Lease lease) {
  const uint64_t token = lease.id.token;
  by_end_.emplace(lease.expires, token);
  auto [place, added] = by_token_.emplace(token, std::make_unique<Lease>(std::move(lease)));
  CHECK(added) << "tokens are unique";
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

void LeaseTable::Extend(Lease& lease, MonotonicTime expires) {
  by_end_.erase({lease.expires, lease.id.token});
  lease.expires = expires;
  by_end_.emplace(expires, lease.id.token);
}

void LeaseTable::StopTimer(Lease& lease) { by_end_.erase({lease.expires, lease.id.token}); }

std::optional<Lease> LeaseTable::Remove(uint64_t token) {
  auto found = by_token_.find(token);
  if (found == by_token_.end()) return std::nullopt;
  Lease lease = std::move(*found->second);
  by_end_.erase({lease.expires, token});
  by_token_.erase(found);
  return lease;
}

MonotonicTime LeaseTable::NextExpiry() const {
  return by_end_.empty() ? MonotonicTime::InfiniteFuture() : by_end_.begin()->first;
}

std::optional<uint64_t> LeaseTable::Expired(MonotonicTime now) const {
  if (by_end_.empty() || by_end_.begin()->first > now) return std::nullopt;
  return by_end_.begin()->second;
}

}  // namespace pavane::delivery
