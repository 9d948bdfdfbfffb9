#include "rpc/publish_request.h"

#include <string>

#include <gtest/gtest.h>

#include "event/reason.h"
#include "rpc/wire.h"
#include "tests/support/status_matchers.h"

namespace pavane::rpc {
namespace {

// Three entries, of which the second has an id that is not UTF-8.
std::string Spoiled(google::protobuf::Message& message, pavane::v1::PublishRequest& publish) {
  for (const char* id : {"1", "XX", "3"}) publish.add_entries()->mutable_event()->set_id(id);
  publish.set_all_or_nothing(true);
  std::string bytes = message.SerializeAsString();
  bytes[bytes.find("XX")] = '\xff';
  return bytes;
}

TEST(PublishRequest, OnlyTheEntryWithBadTextIsRefused) {
  pavane::v1::PublishRequest request;
  ASSERT_OK_AND_ASSIGN(const auto batch,
                       ParsePublishRequest(ToByteBuffer(Spoiled(request, request))));
  ASSERT_EQ(batch.request->entries_size(), 3);
  EXPECT_EQ(batch.request->entries(0).event().id(), "1");
  EXPECT_EQ(batch.request->entries(2).event().id(), "3");
  EXPECT_TRUE(batch.request->all_or_nothing());
  ASSERT_EQ(batch.refused.size(), 1u);
  EXPECT_EQ(event::ReasonOf(batch.refused.at(1)), pavane::v1::INVALID_UTF8);
}

TEST(PublishRequest, OnAStreamAsWell) {
  pavane::v1::PublishStreamRequest request;
  request.set_request_id(77);
  uint64_t id = 0;
  ASSERT_OK_AND_ASSIGN(
      const auto batch,
      ParseStreamRequest(ToByteBuffer(Spoiled(request, *request.mutable_publish())), &id));
  EXPECT_EQ(id, 77u);
  EXPECT_EQ(batch.request->entries_size(), 3);
  EXPECT_TRUE(batch.request->all_or_nothing());
  EXPECT_EQ(batch.refused.count(1), 1u);
}

TEST(PublishRequest, BytesThatAreNoMessageAreRefusedWhole) {
  uint64_t id = 0;
  EXPECT_FALSE(ParsePublishRequest(ToByteBuffer("\x0a\x7f")).ok());
  EXPECT_FALSE(ParseStreamRequest(ToByteBuffer("\x12\x7f"), &id).ok());
}

}  // namespace
}  // namespace pavane::rpc
