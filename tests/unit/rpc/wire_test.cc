#include "rpc/wire.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "event/reason.h"
#include "pavane/v1/publisher.pb.h"
#include "tests/support/status_matchers.h"

namespace pavane::rpc {
namespace {

using pavane::v1::PublishRequest;
using ::testing::HasSubstr;

PublishRequest WithId(const std::string& id) {
  PublishRequest request;
  request.add_entries()->mutable_event()->set_id("good");
  request.add_entries()->mutable_event()->set_id(id);
  return request;
}

TEST(Wire, AMessageComesBack) {
  PublishRequest parsed;
  ASSERT_OK(Parse(Serialize(WithId("1")), &parsed));
  EXPECT_EQ(parsed.entries(1).event().id(), "1");
}

TEST(Wire, TextThatIsNotUtf8IsNamed) {
  std::string bytes = WithId("XX").SerializeAsString();
  bytes[bytes.find("XX")] = '\xff';
  PublishRequest parsed;
  const absl::Status status = Parse(ToByteBuffer(bytes), &parsed);
  EXPECT_EQ(event::ReasonOf(status), pavane::v1::INVALID_UTF8);
  EXPECT_THAT(std::string(status.message()), HasSubstr("entries.event.id"));
}

TEST(Wire, BytesThatAreNoMessageAreNamedByType) {
  PublishRequest parsed;
  for (const std::string bytes : {"\xff\xff\xff", "\x0a\x7f", "\x0b"}) {
    const absl::Status status = Parse(ToByteBuffer(bytes), &parsed);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(event::ReasonOf(status), pavane::v1::REASON_UNSPECIFIED);
    EXPECT_THAT(std::string(status.message()), HasSubstr("pavane.v1.PublishRequest"));
  }
}

}  // namespace
}  // namespace pavane::rpc
