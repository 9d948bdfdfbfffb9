#include "clients/cli/cloud_event.h"

#include <set>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace pavane::cli {
namespace {

using ::io::cloudevents::v1::CloudEvent;
using ::testing::HasSubstr;

absl::StatusOr<CloudEvent> Read(absl::string_view text) {
  const auto json = ParseJson(text);
  if (!json.ok()) return json.status();
  return EventFromJson(*json);
}

TEST(CloudEvent, GoesThroughTheJsonFormatUnchanged) {
  const std::string text =
      R"({"specversion":"1.0","id":"1","source":"/s","type":"T","count":5,"datacontenttype":)"
      R"("application/json","dataschema":"urn:x","flag":true,"subject":"b-7",)"
      R"("time":"2026-11-23T06:00:00.25Z","data":{"amount":12.50,"seats":["1A"]}})";
  const auto event = Read(text);
  ASSERT_TRUE(event.ok()) << event.status();
  EXPECT_EQ(EventToJson(*event).ToJson(), text);
  EXPECT_EQ(event->attributes().at("count").ce_integer(), 5);
  EXPECT_TRUE(event->attributes().at("flag").ce_boolean());
  EXPECT_TRUE(event->attributes().at("time").has_ce_timestamp());
  EXPECT_EQ(event->text_data(), R"({"amount":12.50,"seats":["1A"]})");
}

TEST(CloudEvent, KeepsTextAndBytesOfOtherMediaTypes) {
  const auto text = Read(
      R"({"specversion":"1.0","id":"1","source":"s","type":"T","datacontenttype":"text/plain","data":"hi"})");
  ASSERT_TRUE(text.ok()) << text.status();
  EXPECT_EQ(text->text_data(), "hi");
  EXPECT_EQ(DataForPeople(*text), "hi");
  const auto bytes = Read(
      R"({"specversion":"1.0","id":"1","source":"s","type":"T","datacontenttype":"image/png","data_base64":"AP8="})");
  ASSERT_TRUE(bytes.ok()) << bytes.status();
  EXPECT_EQ(bytes->binary_data(), std::string("\0\xff", 2));
  EXPECT_EQ(DataForPeople(*bytes), "(2 bytes)");
  EXPECT_THAT(EventToJson(*bytes).ToJson(), HasSubstr(R"("data_base64":"AP8=")"));
}

TEST(CloudEvent, JsonTextDataStaysAJsonString) {
  const auto event = Read(R"({"specversion":"1.0","id":"1","source":"s","type":"T","data":"hi"})");
  ASSERT_TRUE(event.ok()) << event.status();
  EXPECT_EQ(event->text_data(), "\"hi\"");
  EXPECT_EQ(DataForPeople(*event), "\"hi\"");
}

TEST(CloudEvent, MissingAttributesAreTheBrokersToRefuse) {
  const auto event = Read("{}");
  ASSERT_TRUE(event.ok()) << event.status();
  EXPECT_EQ(event->id(), "");
}

TEST(CloudEvent, RefusesWrongTypesNamingTheMember) {
  const struct {
    const char* text;
    const char* named;
  } kCases[] = {{"[]", "object"},
                {R"({"id":7})", "'id'"},
                {R"({"source":null})", "'source'"},
                {R"({"ext":{"a":1}})", "'ext'"},
                {R"({"ext":1.5})", "'ext'"},
                {R"({"ext":99999999999})", "'ext'"},
                {R"({"time":"noon"})", "'time'"},
                {R"({"data_base64":"*"})", "'data_base64'"},
                {R"({"data":1,"data_base64":"AA=="})", "not both"}};
  for (const auto& c : kCases) {
    const auto event = Read(c.text);
    ASSERT_FALSE(event.ok()) << c.text;
    EXPECT_THAT(std::string(event.status().message()), HasSubstr(c.named)) << c.text;
  }
}

TEST(CloudEvent, DataThatClaimsToBeJsonAndIsNotIsShownAsText) {
  CloudEvent event;
  event.set_text_data("{broken");
  EXPECT_THAT(EventToJson(event).ToJson(), HasSubstr(R"("data":"{broken")"));
  event.set_binary_data("\xff");
  EXPECT_THAT(EventToJson(event).ToJson(), HasSubstr(R"("data_base64":"/w==")"));
}

TEST(CloudEvent, NewIdsAreDistinctVersion4Uuids) {
  std::set<std::string> ids;
  for (int i = 0; i < 1000; ++i) ids.insert(NewEventId());
  EXPECT_EQ(ids.size(), 1000u);
  EXPECT_THAT(*ids.begin(),
              ::testing::MatchesRegex(
                  "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"));
}

}  // namespace
}  // namespace pavane::cli
