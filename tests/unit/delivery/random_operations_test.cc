#include <cstdlib>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include <gtest/gtest.h>

#include "tests/unit/delivery/harness.h"

namespace pavane::delivery {
namespace {

/// Random operations against the plainest model there is: which events each target was given, and
/// how each was settled. PAVANE_RANDOM_OPERATIONS sets their number; the seed is printed.
class RandomOperations {
 public:
  explicit RandomOperations(uint64_t seed) : random_(seed), harness_(Options()) {
    targets_ = harness_.PutRule("rule", {{"a", "service:seat", Patient},
                                         {"b", "service:seat", Patient},
                                         {"c", "service:ticket", Patient}});
    Reconnect("seat");
    Reconnect("ticket");
  }

  void Run(int operations) {
    for (int i = 0; i < operations && !::testing::Test::HasFailure(); ++i) {
      SCOPED_TRACE(absl::StrCat("operation ", i));
      Step();
      Collect();
    }
    Finish();
  }

 private:
  struct Held {
    std::string service;
    std::string delivery_id;
    std::pair<TargetId, uint64_t> key;
  };

  static Dispatcher::Options Options() {
    Dispatcher::Options options;
    options.window_max = 16;  // small, so that queues spill to the log
    options.checkpoint_interval = absl::Seconds(20);
    return options;
  }
  // Nothing ends by itself: every end is one the model has seen.
  static void Patient(pavane::admin::v1::Target& target) {
    target.mutable_retry_policy()->set_retries_max(185);
    target.mutable_retry_policy()->mutable_age_max()->set_seconds(30 * 24 * 3600);
  }

  uint64_t Below(uint64_t n) { return random_() % n; }

  void Step() {
    switch (Below(12)) {
      case 0:
      case 1:
      case 2:
        return Publish();
      case 3:
        return harness_.Advance(absl::Milliseconds(Below(4000)));
      case 4:
        if (Below(3) == 0) return harness_.Advance(absl::Seconds(40));  // every lease ends
        return;
      case 5:
        if (Below(4) == 0) return Restart();
        return;
      case 6:
        return Reconnect(Below(2) == 0 ? "seat" : "ticket");
      default:
        return Settle();
    }
  }

  void Publish() {
    std::vector<TargetId> chosen;
    for (TargetId target : targets_) {
      if (Below(3) > 0) chosen.push_back(target);
    }
    const int count = static_cast<int>(Below(30)) + 1;
    const Sequence first = harness_.Publish(chosen, count);
    for (int i = 0; i < count; ++i) {
      for (TargetId target : chosen) open_.insert({target, first.value() + i});
    }
  }

  decltype(SettlementRequest::outcome) OutcomeOf(uint64_t kind) {
    switch (kind) {
      case 0:
        return Nack{absl::Seconds(Below(20)), "BUSY", "later"};
      case 1:
        return Reject{"NO", "never", nullptr};
      case 2:
        return Release{};
      default:
        return Ack{};
    }
  }

  void Settle() {
    if (held_.empty()) return;
    const size_t index = Below(held_.size());
    const Held held = held_[index];
    held_.erase(held_.begin() + static_cast<long>(index));
    const uint64_t kind = Below(10);
    const SettlementAnswer answer =
        harness_.SettleOne(held.service, held.delivery_id, OutcomeOf(kind));
    if (answer.refusal) {
      ASSERT_EQ(answer.refusal->reason, pavane::v1::LEASE_EXPIRED) << answer.refusal->message;
      return;
    }
    if (kind == 0 || kind == 2) return;
    ASSERT_EQ(open_.erase(held.key), 1u) << "settled for good twice";
    ++(kind == 1 ? rejected_ : acked_)[held.key.first];
  }

  void Restart() {
    harness_.Restart(Below(2) == 0);
    clients_.clear();
    Reconnect("seat");
    Reconnect("ticket");
    for (TargetId target : targets_) {
      uint64_t open = 0;
      for (const auto& key : open_) open += key.first == target ? 1 : 0;
      ASSERT_EQ(harness_.dispatcher().unsettled(target), open) << "after a restart";
    }
  }

  void Reconnect(const std::string& service) {
    auto old = clients_.find(service);
    if (old != clients_.end()) {
      harness_.dispatcher().CloseSession(old->second.opened.id,
                                         Below(2) == 0 ? CloseKind::kLost : CloseKind::kOrderly);
    }
    clients_[service] = harness_.Connect(service, static_cast<uint32_t>(Below(40)) + 5);
  }

  // Takes what was delivered; credit comes back as it does with a real client.
  void Collect() {
    for (auto& [service, client] : clients_) {
      const auto deliveries = client.session->Take();
      for (const auto& delivery : deliveries) {
        const TargetId target = targets_[static_cast<size_t>(delivery.names->target[0] - 'a')];
        const std::pair<TargetId, uint64_t> key(target, delivery.event->ref.sequence.value());
        ASSERT_TRUE(open_.contains(key)) << "delivered though it is settled";
        held_.push_back({service, delivery.delivery_id, key});
      }
      if (!deliveries.empty()) {
        harness_.dispatcher().AddCredit(client.opened.id, static_cast<uint32_t>(deliveries.size()),
                                        0);
      }
    }
  }

  // Acks all there is; then the counts must be the model's.
  void Finish() {
    for (auto& [service, client] : clients_) {
      harness_.dispatcher().AddCredit(client.opened.id, 1000, 0);
    }
    for (int round = 0; round < 2000 && !open_.empty(); ++round) {
      harness_.Advance(absl::Seconds(8));  // well within a lease
      Collect();
      std::map<std::string, std::vector<SettlementRequest>> acks;
      for (const Held& held : held_) acks[held.service].push_back({held.delivery_id, Ack{}});
      const std::vector<Held> sent = std::exchange(held_, {});
      for (auto& [service, requests] : acks) {
        const auto answers = harness_.Settle(service, std::move(requests));
        size_t next = 0;
        for (const Held& held : sent) {
          if (held.service != service) continue;
          if (answers[next++].refusal) continue;
          ASSERT_EQ(open_.erase(held.key), 1u) << "settled for good twice";
          ++acked_[held.key.first];
        }
      }
    }
    ASSERT_TRUE(open_.empty()) << open_.size() << " deliveries are lost";
    for (TargetId target : targets_) {
      const TargetStats stats = harness_.Stats(target);
      EXPECT_EQ(stats.counters.successes, acked_[target]);
      EXPECT_EQ(stats.counters.failed_by_reason[3], rejected_[target]);
      EXPECT_EQ(stats.counters.created, acked_[target] + rejected_[target]);
      EXPECT_EQ(stats.queued + stats.in_flight, 0u);
    }
  }

  std::mt19937_64 random_;
  Harness harness_;
  std::vector<TargetId> targets_;
  std::map<std::string, Harness::Client> clients_;
  std::vector<Held> held_;
  std::set<std::pair<TargetId, uint64_t>> open_;
  std::map<TargetId, uint64_t> acked_;
  std::map<TargetId, uint64_t> rejected_;
};

TEST(RandomOperations, NoDeliveryIsLostOrSettledTwice) {
  const char* number = std::getenv("PAVANE_RANDOM_OPERATIONS");
  const int operations = number == nullptr ? 250 : std::atoi(number);
  const char* given = std::getenv("PAVANE_RANDOM_SEED");
  const uint64_t first =
      given == nullptr ? std::random_device()() : std::strtoull(given, nullptr, 10);
  for (uint64_t seed = first; seed < first + 3; ++seed) {
    SCOPED_TRACE(absl::StrCat("PAVANE_RANDOM_SEED=", seed));
    RandomOperations(seed).Run(operations);
    if (::testing::Test::HasFailure()) return;
  }
}

}  // namespace
}  // namespace pavane::delivery
