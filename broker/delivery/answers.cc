#include "delivery/answers.h"

#include <algorithm>

namespace pavane::delivery {
namespace {

// Of the window and of the number, a slice takes this part.
constexpr int kSlices = 16;

}  // namespace

Answers::Slice& Answers::SliceFor(int64_t time_us) {
  const size_t answers_max = std::max<size_t>(1, options_.answers_max / kSlices);
  const bool fits = !slices_.empty() && slices_.back().answers.size() < answers_max &&
                    time_us < slices_.back().first_us + options_.window_us / kSlices;
  if (!fits) slices_.push_back({time_us, time_us, {}});
  return slices_.back();
}

void Answers::Add(const store::SettlementRecord& settlement, int64_t time_us) {
  if (settlement.client_outcome == store::ClientOutcome::kNone || settlement.token == 0) return;
  Slice& slice = SliceFor(time_us);
  slice.last_us = std::max(slice.last_us, time_us);
  const Answer answer{time_us, settlement.content_hash, settlement.client_outcome,
                      settlement.emitted};
  if (slice.answers.try_emplace(settlement.token, answer).second) ++size_;
  Expire(time_us);
}

const Answers::Answer* Answers::Find(uint64_t token, int64_t now_us) {
  Expire(now_us);
  for (const Slice& slice : slices_) {
    const auto found = slice.answers.find(token);
    if (found == slice.answers.end()) continue;
    return found->second.time_us + options_.window_us < now_us ? nullptr : &found->second;
  }
  return nullptr;
}

void Answers::Expire(int64_t now_us) {
  while (!slices_.empty() &&
         (size_ > options_.answers_max || slices_.front().last_us + options_.window_us < now_us)) {
    size_ -= slices_.front().answers.size();
    slices_.pop_front();
  }
}

}  // namespace pavane::delivery
