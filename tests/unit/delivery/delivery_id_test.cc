#include "delivery/delivery_id.h"

#include <gtest/gtest.h>

namespace pavane::delivery {
namespace {

TEST(DeliveryId, SurvivesTheRoundTrip) {
  const DeliveryId id{{TargetId(0x0102030405060708), {BusId(9), Sequence(1ull << 60)}},
                      BootNumber(77),
                      186,
                      0xfedcba9876543210};
  const std::string bytes = EncodeDeliveryId(id);
  EXPECT_EQ(bytes.size(), 41u);
  const std::optional<DeliveryId> back = DecodeDeliveryId(bytes);
  ASSERT_TRUE(back.has_value());
  EXPECT_EQ(back->ref, id.ref);
  EXPECT_EQ(back->boot, id.boot);
  EXPECT_EQ(back->attempt, id.attempt);
  EXPECT_EQ(back->token, id.token);
}

TEST(DeliveryId, OtherBytesAreNone) {
  std::string bytes = EncodeDeliveryId({});
  EXPECT_FALSE(DecodeDeliveryId("").has_value());
  EXPECT_FALSE(DecodeDeliveryId(bytes.substr(1)).has_value());
  EXPECT_FALSE(DecodeDeliveryId(bytes + "x").has_value());
  bytes[0] = 2;
  EXPECT_FALSE(DecodeDeliveryId(bytes).has_value());
}

}  // namespace
}  // namespace pavane::delivery
