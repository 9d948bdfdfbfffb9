#include "rpc/delivery_encoding.h"

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "io/cloudevents/v1/cloudevents.pb.h"
#include "pavane/v1/subscriber.pb.h"
#include "rpc/wire.h"
#include "targets/delivery_proto.h"
#include "tests/support/status_matchers.h"

namespace pavane::rpc {
namespace {

targets::OutgoingDelivery MakeDelivery(const std::string& id, size_t data_bytes = 10) {
  io::cloudevents::v1::CloudEvent event;
  event.set_id(id);
  event.set_text_data(std::string(data_bytes, 'x'));
  auto stored = std::make_shared<event::StoredEvent>();
  stored->ref = {BusId(1), Sequence(7)};
  stored->bytes = event.SerializeAsString();
  targets::OutgoingDelivery delivery;
  delivery.delivery_id = "delivery-" + id;
  delivery.event = stored;
  delivery.names = std::make_shared<targets::TargetNames>(
      targets::TargetNames{"default", "rule", "target", "service:s"});
  delivery.attempt = 3;
  delivery.lease_expires_at = absl::FromUnixMicros(1'700'000'000'250'000);
  delivery.kind = targets::DeliveryKind::kRedelivery;
  delivery.accepted_us = 1'600'000'000'000'001;
  delivery.out_of_order = true;
  return delivery;
}

TEST(DeliveryEncoding, SaysTheSameAsTheMessage) {
  const targets::OutgoingDelivery delivery = MakeDelivery("1");
  pavane::v1::PullResponse response;
  ASSERT_OK(Parse(EncodePullResponse({delivery, MakeDelivery("2")}), &response));
  ASSERT_EQ(response.deliveries_size(), 2);
  pavane::v1::Delivery expected;
  targets::ToProto(delivery, &expected);
  EXPECT_EQ(response.deliveries(0).SerializeAsString(), expected.SerializeAsString());
  EXPECT_EQ(response.deliveries(1).event().id(), "2");
}

TEST(DeliveryEncoding, ABatchKeepsItsBoundsAndHoldsAtLeastOne) {
  std::deque<targets::OutgoingDelivery> waiting;
  for (const char* id : {"1", "2", "3", "4"}) waiting.push_back(MakeDelivery(id, 1000));
  auto take = [&](const BatchBounds& bounds) {
    pavane::v1::SubscribeResponse response;
    EXPECT_OK(Parse(EncodeDeliveryBatch(waiting, bounds), &response));
    return response.deliveries().deliveries_size();
  };
  EXPECT_EQ(take({.deliveries_max = 2, .bytes_max = 1 << 20}), 2);
  EXPECT_EQ(take({.deliveries_max = 10, .bytes_max = 1500}), 1);
  EXPECT_EQ(take({.deliveries_max = 10, .bytes_max = 1}), 1);
  EXPECT_TRUE(waiting.empty());
}

}  // namespace
}  // namespace pavane::rpc
