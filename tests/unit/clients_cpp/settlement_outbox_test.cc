#include "clients/cpp/src/settlement_outbox.h"

#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace pavane::internal {
namespace {

using std::chrono::milliseconds;
using Fate = SettlementOutbox::Fate;
using Ids = std::vector<std::string>;

class SettlementOutboxTest : public ::testing::Test {
 protected:
  void AddAck(const std::string& id) {
    pavane::v1::Settlement settlement;
    settlement.set_delivery_id(id);
    settlement.mutable_ack();
    outbox_.Add(std::move(settlement));
  }

  pavane::v1::SubscribeRequest::Settle Send() {
    const auto request = outbox_.Next(now_);
    return request == nullptr ? pavane::v1::SubscribeRequest::Settle() : request->settle();
  }

  Ids SendIds() {
    Ids ids;
    const auto message = Send();
    for (const auto& settlement : message.settlements()) ids.push_back(settlement.delivery_id());
    return ids;
  }

  Fate Answer(const std::string& id, std::optional<pavane::v1::Reason> refusal = {},
              int retry_after_s = 0) {
    pavane::v1::SettleResult result;
    result.set_delivery_id(id);
    if (refusal) {
      result.mutable_error()->set_code(9);
      result.mutable_error()->set_reason(*refusal);
    }
    if (retry_after_s > 0)
      result.mutable_error()->mutable_retry_after()->set_seconds(retry_after_s);
    return outbox_.Answer(result, now_);
  }

  SteadyTime now_ = SteadyTime(std::chrono::hours(1));
  SettlementOutbox outbox_;
};

TEST_F(SettlementOutboxTest, SendsWhatWaitsInOneMessage) {
  AddAck("a");
  AddAck("b");
  EXPECT_EQ(SendIds(), (Ids{"a", "b"}));
  EXPECT_EQ(SendIds(), Ids{});
  EXPECT_EQ(outbox_.size(), 2u) << "not answered";
  EXPECT_EQ(Answer("a"), Fate::kAccepted);
  EXPECT_EQ(Answer("b"), Fate::kAccepted);
  EXPECT_EQ(outbox_.size(), 0u);
}

TEST_F(SettlementOutboxTest, MessageIsBounded) {
  for (int i = 0; i < 300; ++i) AddAck(std::to_string(i));
  EXPECT_EQ(Send().settlements_size(), 256);
  EXPECT_EQ(Send().settlements_size(), 44);
}

TEST_F(SettlementOutboxTest, SendsTheUnansweredAgainAfterABreak) {
  AddAck("a");
  AddAck("b");
  (void)SendIds();
  EXPECT_EQ(Answer("a"), Fate::kAccepted);
  outbox_.Disconnected();
  EXPECT_EQ(SendIds(), Ids{"b"});
}

TEST_F(SettlementOutboxTest, RepeatedAnswerIsNotWaitedFor) {
  AddAck("a");
  (void)SendIds();
  EXPECT_EQ(Answer("a"), Fate::kAccepted);
  EXPECT_EQ(Answer("a"), Fate::kUnknown);
}

TEST_F(SettlementOutboxTest, RefusalThatPassesIsSentAgainWhenTold) {
  AddAck("a");
  (void)SendIds();
  EXPECT_EQ(Answer("a", pavane::v1::DISK_FULL, 3), Fate::kLater);
  EXPECT_FALSE(outbox_.HasDue(now_));
  EXPECT_EQ(outbox_.NextDue(now_), now_ + std::chrono::seconds(3));
  now_ += std::chrono::seconds(3);
  EXPECT_EQ(SendIds(), Ids{"a"});
}

TEST_F(SettlementOutboxTest, RefusedContentBecomesANackOnce) {
  AddAck("a");
  (void)SendIds();
  EXPECT_EQ(Answer("a", pavane::v1::EVENT_TOO_COMPLEX), Fate::kReplaced);
  const auto message = Send();
  ASSERT_EQ(message.settlements_size(), 1);
  EXPECT_EQ(message.settlements(0).nack().code(), "EVENT_TOO_COMPLEX");
  EXPECT_EQ(Answer("a", pavane::v1::INVALID_SETTLEMENT), Fate::kAbandoned);
  EXPECT_EQ(outbox_.size(), 0u);
}

TEST_F(SettlementOutboxTest, LostLeaseAndEarlierSettlementAreFinal) {
  for (const auto reason : {pavane::v1::LEASE_EXPIRED, pavane::v1::ALREADY_SETTLED,
                            pavane::v1::INVALID_DELIVERY_ID, pavane::v1::NOT_YOUR_DELIVERY}) {
    AddAck("a");
    (void)SendIds();
    EXPECT_EQ(Answer("a", reason), Fate::kAbandoned) << reason;
    EXPECT_FALSE(outbox_.Contains("a"));
  }
}

}  // namespace
}  // namespace pavane::internal
