#include "store/dedup_window.h"

namespace pavane::store {

std::optional<DedupWindow::First> DedupWindow::Find(const event::Hash128& hash, int64_t now_us) {
  Expire(now_us);
  const auto found = numbers_.find(hash);
  if (found == numbers_.end()) return std::nullopt;
  return order_[*found - base_].first;
}

void DedupWindow::Add(const event::Hash128& hash, int64_t accepted_us, First first) {
  ++added_total_;
  order_.push_back({hash, accepted_us, first});
  // A hash that is already there (its window was off meanwhile) now means the newer event.
  numbers_.erase(hash);
  numbers_.insert(base_ + order_.size() - 1);
  Expire(accepted_us);
}

void DedupWindow::TruncateTo(uint64_t added_total) {
  while (added_total_ > added_total) {
    --added_total_;
    if (order_.empty()) continue;  // expired since
    Forget(base_ + order_.size() - 1);
    order_.pop_back();
  }
}

void DedupWindow::Expire(int64_t now_us) {
  while (!order_.empty()) {
    const bool too_many = order_.size() > policy_.ids_max;
    if (!too_many && order_.front().accepted_us > now_us - policy_.window_us) break;
    Forget(base_);
    order_.pop_front();
    ++base_;
  }
}

void DedupWindow::Forget(uint64_t number) {
  const auto found = numbers_.find(order_[number - base_].hash);
  // It may have been taken over by a later entry with the same hash.
  if (found != numbers_.end() && *found == number) numbers_.erase(found);
}

}  // namespace pavane::store
