#include "clients/cli/publish_entry.h"

#include <functional>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "clients/cli/status.h"

namespace pavane::cli {
namespace {

using ::testing::HasSubstr;

EventFlags Flags() {
  EventFlags flags;
  flags.type = "T";
  return flags;
}

TEST(PublishEntry, OfFlagsGetsIdAndSource) {
  const auto entry = EntryFromFlags(Flags(), "{\"a\": 1}");
  ASSERT_TRUE(entry.ok()) << entry.status();
  EXPECT_EQ(entry->event().type(), "T");
  EXPECT_EQ(entry->event().source(), kDefaultSource);
  EXPECT_EQ(entry->event().spec_version(), "1.0");
  EXPECT_EQ(entry->event().id().size(), 36u);
  EXPECT_EQ(entry->event().text_data(), "{\"a\": 1}") << "data is passed on as it was given";
}

TEST(PublishEntry, OfFlagsCarriesTypedAttributes) {
  EventFlags flags = Flags();
  flags.subject = "b-7";
  flags.attributes = {"tenant=x=y", "count:=5", "flag:=true", "time=2026-11-23T06:00:00Z"};
  const auto entry = EntryFromFlags(flags, std::nullopt);
  ASSERT_TRUE(entry.ok()) << entry.status();
  const auto& attributes = entry->event().attributes();
  EXPECT_EQ(attributes.at("tenant").ce_string(), "x=y");
  EXPECT_EQ(attributes.at("count").ce_integer(), 5);
  EXPECT_TRUE(attributes.at("flag").ce_boolean());
  EXPECT_TRUE(attributes.at("time").has_ce_timestamp());
  EXPECT_EQ(attributes.at("subject").ce_string(), "b-7");
  EXPECT_FALSE(entry->event().has_text_data());
}

TEST(PublishEntry, RefusesDataThatTheShellHasEaten) {
  const auto entry = EntryFromFlags(Flags(), "{a:1}");
  ASSERT_FALSE(entry.ok());
  EXPECT_EQ(ExitCodeOf(entry.status()), kExitUsage);
  EXPECT_THAT(std::string(entry.status().message()), HasSubstr("--content-type"));
}

TEST(PublishEntry, TakesAnyDataOfAnotherMediaType) {
  EventFlags flags = Flags();
  flags.content_type = "text/plain";
  EXPECT_EQ(EntryFromFlags(flags, "hi there")->event().text_data(), "hi there");
  EXPECT_EQ(EntryFromFlags(flags, "\xff\xfe")->event().binary_data(), "\xff\xfe");
}

TEST(PublishEntry, RefusesBadAttributes) {
  for (const char* text : {"novalue", "=x", "a:=text", "a:=1.5", "time=noon", "a:=[1]"}) {
    EventFlags flags = Flags();
    flags.attributes = {text};
    EXPECT_FALSE(EntryFromFlags(flags, std::nullopt).ok()) << text;
  }
}

TEST(PublishEntry, RefusesFlagsThatAreNotUtf8) {
  const std::vector<std::function<void(EventFlags&)>> spoils = {
      [](auto& flags) { flags.type = "\xff"; }, [](auto& flags) { flags.source = "a\xc0\x80"; },
      [](auto& flags) { flags.bus = "\xe2\x82"; }, [](auto& flags) { flags.subject = "\xff"; },
      [](auto& flags) { flags.attributes = {"a=\xff"}; }};
  for (const auto& spoil : spoils) {
    EventFlags flags = Flags();
    spoil(flags);
    const auto entry = EntryFromFlags(flags, std::nullopt);
    ASSERT_FALSE(entry.ok());
    EXPECT_EQ(ExitCodeOf(entry.status()), kExitUsage);
    EXPECT_THAT(std::string(entry.status().message()), HasSubstr("is not UTF-8"));
  }
}

TEST(PublishEntry, OfALineIsCompletedByFlags) {
  EventFlags flags = Flags();
  flags.source = "/f";
  flags.bus = "b";
  const auto entry = EntryFromJson(*ParseJson(R"({"id":"1","type":"Own","data":{"a":1}})"), flags);
  ASSERT_TRUE(entry.ok()) << entry.status();
  EXPECT_EQ(entry->event().id(), "1");
  EXPECT_EQ(entry->event().type(), "Own") << "the line's own attribute stays";
  EXPECT_EQ(entry->event().source(), "/f");
  EXPECT_EQ(entry->bus(), "b");
}

TEST(PublishEntry, OfALineMayBeWhatListsPrint) {
  const auto entry = EntryFromJson(
      *ParseJson(
          R"({"bus":"x","sequence":"7","event":{"specversion":"1.0","id":"1","source":"s","type":"T"}})"),
      EventFlags());
  ASSERT_TRUE(entry.ok()) << entry.status();
  EXPECT_EQ(entry->bus(), "x");
  EXPECT_EQ(entry->event().id(), "1");
}

TEST(PublishEntry, OfALineMustBeAnObject) {
  EXPECT_FALSE(EntryFromJson(*ParseJson("[1]"), EventFlags()).ok());
  EXPECT_FALSE(EntryFromJson(*ParseJson("\"x\""), EventFlags()).ok());
}

}  // namespace
}  // namespace pavane::cli
