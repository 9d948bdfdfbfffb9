#include "delivery/answers.h"

namespace pavane::delivery {

void Answers::Add(const store::SettlementRecord& settlement, int64_t time_us) {
  if (settlement.client_outcome == store::ClientOutcome::kNone || settlement.token == 0) return;
  const bool fresh =
      by_token_
          .try_emplace(settlement.token, Answer{settlement.client_outcome, settlement.content_hash,
                                                settlement.emitted})
          .second;
  if (fresh) order_.emplace_back(time_us, settlement.token);
  Expire(time_us);
}

const Answers::Answer* Answers::Find(uint64_t token, int64_t now_us) {
  Expire(now_us);
  auto found = by_token_.find(token);
  return found == by_token_.end() ? nullptr : &found->second;
}

void Answers::Expire(int64_t now_us) {
  while (!order_.empty() && (order_.size() > options_.answers_max ||
                             order_.front().first + options_.window_us < now_us)) {
    by_token_.erase(order_.front().second);
    order_.pop_front();
  }
}

}  // namespace pavane::delivery
