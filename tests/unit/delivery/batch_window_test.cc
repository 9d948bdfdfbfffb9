// Batch windows of dialled targets: when deliveries go to the session of their address.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/delivery/harness.h"

namespace pavane::delivery {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr char kAddress[] = "grpc://localhost:1";

class BatchWindowTest : public ::testing::Test {
 protected:
  TargetId PutTarget(uint32_t size_max, absl::Duration wait) {
    return harness_.PutRule("rule",
                            {{"t", kAddress, [=](pavane::admin::v1::Target& target) {
                                auto& batch = *target.mutable_batch_policy();
                                batch.set_size_max(size_max);
                                batch.mutable_wait_max()->set_seconds(absl::ToInt64Seconds(wait));
                              }}})[0];
  }
  Harness harness_;
};

TEST_F(BatchWindowTest, ADeliveryWaitsForOthersUntilItsWindowEnds) {
  const TargetId target = PutTarget(10, absl::Seconds(5));
  auto client = harness_.Connect(kAddress, 100);
  harness_.Publish({target});
  harness_.Advance(absl::Seconds(4));
  harness_.Publish({target}, 2);
  EXPECT_THAT(client.session->Take(), IsEmpty());
  harness_.Advance(absl::Seconds(1));
  EXPECT_THAT(client.session->Take(), SizeIs(3));
  harness_.Publish({target});
  EXPECT_THAT(client.session->Take(), IsEmpty()) << "a new window";
  harness_.Advance(absl::Seconds(5));
  EXPECT_THAT(client.session->Take(), SizeIs(1));
}

TEST_F(BatchWindowTest, AFullBatchGoesAtOnceAndTheRestWaits) {
  const TargetId target = PutTarget(3, absl::Seconds(5));
  auto client = harness_.Connect(kAddress, 100);
  harness_.Publish({target}, 2);
  EXPECT_THAT(client.session->Take(), IsEmpty());
  harness_.Publish({target}, 2);
  const auto batch = client.session->Take();
  ASSERT_THAT(batch, SizeIs(3));
  EXPECT_EQ(batch[0].batch_max, 3u);
  harness_.Advance(absl::Seconds(5));
  EXPECT_THAT(client.session->Take(), SizeIs(1));
}

TEST_F(BatchWindowTest, ABatchMayBeWiderThanWhatIsInMemory) {
  const TargetId target = PutTarget(600, absl::Seconds(5));
  auto client = harness_.Connect(kAddress, 1000);
  harness_.Publish({target}, 400);
  EXPECT_THAT(client.session->Take(), IsEmpty()) << "those on disk are counted, not guessed";
  harness_.Publish({target}, 300);
  EXPECT_THAT(client.session->Take(), SizeIs(600));
}

TEST_F(BatchWindowTest, ARetryWaitsForOthersToo) {
  const TargetId target = PutTarget(2, absl::Seconds(5));
  auto client = harness_.Connect(kAddress, 100);
  harness_.Publish({target}, 2);
  const auto batch = client.session->Take();
  ASSERT_THAT(batch, SizeIs(2));
  for (const auto& delivery : batch) {
    harness_.SettleOne(kAddress, delivery.delivery_id, Nack{absl::Seconds(10), "BUSY", ""});
    harness_.Advance(absl::Seconds(1));
  }
  harness_.Advance(absl::Milliseconds(8500));
  EXPECT_THAT(client.session->Take(), IsEmpty()) << "the first is due and waits for the second";
  harness_.Advance(absl::Milliseconds(600));
  EXPECT_THAT(client.session->Take(), SizeIs(2));
}

TEST_F(BatchWindowTest, WithoutAWindowNothingWaits) {
  const TargetId target = PutTarget(3, absl::ZeroDuration());
  auto client = harness_.Connect(kAddress, 100);
  harness_.Publish({target});
  EXPECT_THAT(client.session->Take(), SizeIs(1));
}

}  // namespace
}  // namespace pavane::delivery
