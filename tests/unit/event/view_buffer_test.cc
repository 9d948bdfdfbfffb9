#include "event/view_buffer.h"

#include <map>
#include <string>

#include "absl/strings/str_cat.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/status_matchers.h"
#include "tests/unit/event/event_builder.h"

namespace pavane::event {
namespace {

using ::pavane::testing::MakeEvent;
using ::testing::ElementsAre;
using ::testing::Pair;

// The members by name, each as "kind:value".
std::map<std::string, std::string> Shown(const EventView& view) {
  std::map<std::string, std::string> shown;
  for (const EventView::Member& member : view.members()) {
    std::string value;
    switch (member.kind) {
      case EventView::Member::kString:
        value = absl::StrCat("s:", member.text);
        break;
      case EventView::Member::kInteger:
        value = absl::StrCat("i:", member.integer);
        break;
      case EventView::Member::kBoolean:
        value = absl::StrCat("b:", member.boolean ? "true" : "false");
        break;
      case EventView::Member::kJson:
        value = absl::StrCat("j:", member.text);
        break;
    }
    EXPECT_TRUE(shown.emplace(member.name, value).second) << "twice: " << member.name;
  }
  return shown;
}

TEST(ViewBuffer, ShowsTheEnvelopeOfAPlainEvent) {
  const CloudEvent event = MakeEvent();
  ViewBuffer buffer;
  const EventView& view = buffer.Fill(event, {.has_detail = true, .distinct_paths = true});
  EXPECT_THAT(Shown(view),
              ElementsAre(Pair("account", "s:"), Pair("detail", R"(j:{"a":1})"),
                          Pair("detail-type", "s:OrderPlaced"), Pair("id", "s:e-1"),
                          Pair("region", "s:"), Pair("resources", "j:[]"), Pair("source", "s:shop"),
                          Pair("specversion", "s:1.0"), Pair("version", "s:0")));
  EXPECT_TRUE(view.distinct_paths());
}

TEST(ViewBuffer, AttributesKeepTheirTypes) {
  CloudEvent event = MakeEvent("");
  auto& attributes = *event.mutable_attributes();
  attributes["flag"].set_ce_boolean(true);
  attributes["count"].set_ce_integer(-7);
  attributes["subject"].set_ce_string("s\"1");
  attributes["blob"].set_ce_bytes("\x01\xff");
  attributes["link"].set_ce_uri("https://x.example/");
  attributes["time"].mutable_ce_timestamp()->set_seconds(1'700'000'000);
  attributes["time"].mutable_ce_timestamp()->set_nanos(900'000'000);
  attributes["seen"].mutable_ce_timestamp()->set_seconds(1'700'000'000);
  attributes["seen"].mutable_ce_timestamp()->set_nanos(250'000'000);
  ViewBuffer buffer;
  std::map<std::string, std::string> shown = Shown(buffer.Fill(event, {}));
  EXPECT_EQ(shown["flag"], "b:true");
  EXPECT_EQ(shown["count"], "i:-7");
  EXPECT_EQ(shown["subject"], "s:s\"1");
  EXPECT_EQ(shown["blob"], "s:Af8=");
  EXPECT_EQ(shown["link"], "s:https://x.example/");
  EXPECT_EQ(shown["time"], "s:2023-11-14T22:13:20Z");
  EXPECT_EQ(shown["seen"], "s:2023-11-14T22:13:20.25Z");
  EXPECT_EQ(shown.count("detail"), 0u);
}

TEST(ViewBuffer, AnAttributeWhoseNameIsTakenIsShownUnderCe) {
  CloudEvent event = MakeEvent();
  (*event.mutable_attributes())["region"].set_ce_string("e\"u");
  ViewBuffer buffer;
  std::map<std::string, std::string> shown =
      Shown(buffer.Fill(event, {.has_detail = true, .distinct_paths = true}));
  EXPECT_EQ(shown["region"], "s:");
  EXPECT_EQ(shown["ce"], R"(j:{"region":"e\"u"})");
}

TEST(ViewBuffer, StoredBytesGiveTheSameView) {
  CloudEvent event = MakeEvent(R"( {"a":[1,2]} )");
  (*event.mutable_attributes())["count"].set_ce_integer(7);
  StoredEvent stored;
  stored.bytes = event.SerializeAsString();
  ViewBuffer buffer;
  ViewBuffer again;
  ASSERT_OK_AND_ASSIGN(const EventView view, again.FillStored(stored));
  EXPECT_EQ(Shown(view), Shown(buffer.Fill(event, {.has_detail = true})));
}

TEST(ViewBuffer, BytesThatAreNoEventAreDataLoss) {
  StoredEvent stored;
  stored.bytes = "\xff\xff\xff";
  ViewBuffer buffer;
  EXPECT_EQ(buffer.FillStored(stored).status().code(), absl::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace pavane::event
