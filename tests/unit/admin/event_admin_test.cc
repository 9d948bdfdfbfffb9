#include "admin/event_admin.h"

#include <string>

#include "absl/strings/str_cat.h"
#include <gtest/gtest.h>

#include "event/reason.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/event/event_builder.h"
#include "tests/unit/ingress/stations.h"

namespace pavane::admin {
namespace {

using pavane::admin::v1::ListEventsRequest;
using ::pavane::testing::MakeEvent;
using ::pavane::testing::Stations;
using ::pavane::testing::StatusIs;

void Publish(Stations& broker, const std::string& id, const std::string& source = "shop",
             const std::string& flow = "") {
  event::CloudEvent event = MakeEvent();
  event.set_id(id);
  event.set_source(source);
  if (!flow.empty()) event::SetTextAttribute(event, event::kCorrelationId, flow);
  broker.PublishOne(event);
}

// The ids of all pages, in their order.
std::string Ids(Stations& broker, ListEventsRequest request) {
  std::string ids;
  do {
    const auto page = broker.events->List(request);
    EXPECT_OK(page);
    if (!page.ok()) break;
    for (const auto& event : page->events()) absl::StrAppend(&ids, event.event().id(), " ");
    request.set_page_token(page->next_page_token());
  } while (!request.page_token().empty());
  return ids;
}

TEST(EventAdmin, FindsAnEventByNumberAndById) {
  Stations broker;
  Publish(broker, "1");
  Publish(broker, "1", "warehouse");
  pavane::admin::v1::GetEventRequest request;
  request.set_sequence(2);
  ASSERT_OK_AND_ASSIGN(auto response, broker.events->Get(request));
  EXPECT_EQ(response.events(0).event().source(), "warehouse");
  request.set_id("1");
  ASSERT_OK_AND_ASSIGN(response, broker.events->Get(request));
  EXPECT_EQ(response.events_size(), 2);
  request.set_source("shop");
  ASSERT_OK_AND_ASSIGN(response, broker.events->Get(request));
  ASSERT_EQ(response.events_size(), 1);
  EXPECT_EQ(response.events(0).sequence(), 1u);
  request.set_id("2");
  EXPECT_THAT(broker.events->Get(request).status(), StatusIs(absl::StatusCode::kNotFound));
  request.set_sequence(99);
  EXPECT_THAT(broker.events->Get(request).status(),
              StatusIs(absl::StatusCode::kNotFound, "event 99 of bus 'default' is not kept"));
}

TEST(EventAdmin, ListsForwardsAndBackwardsInPages) {
  Stations broker;
  for (int i = 1; i <= 5; ++i) Publish(broker, absl::StrCat(i));
  ListEventsRequest request;
  request.set_page_size(2);
  EXPECT_EQ(Ids(broker, request), "1 2 3 4 5 ");
  request.set_newest_first(true);
  EXPECT_EQ(Ids(broker, request), "5 4 3 2 1 ");
  request.set_from_sequence(3);
  EXPECT_EQ(Ids(broker, request), "3 2 1 ");
  request.set_newest_first(false);
  EXPECT_EQ(Ids(broker, request), "3 4 5 ");
}

TEST(EventAdmin, ListsWhatIsAskedFor) {
  Stations broker;
  Publish(broker, "1", "shop", "f");
  Publish(broker, "2", "warehouse", "f");
  broker.clock.Advance(absl::Minutes(1));
  const int64_t middle = absl::ToUnixSeconds(broker.clock.Now());
  Publish(broker, "3", "shop", "g");
  ListEventsRequest request;
  request.set_source("shop");
  EXPECT_EQ(Ids(broker, request), "1 3 ");
  request.Clear();
  request.set_correlation_id("f");
  EXPECT_EQ(Ids(broker, request), "1 2 ");
  request.Clear();
  request.set_pattern(R"({"id":["2"]})");
  EXPECT_EQ(Ids(broker, request), "2 ");
  request.Clear();
  request.mutable_since()->set_seconds(middle);
  EXPECT_EQ(Ids(broker, request), "3 ");
  request.Clear();
  request.mutable_until()->set_seconds(middle);
  EXPECT_EQ(Ids(broker, request), "1 2 ");
  request.set_newest_first(true);
  EXPECT_EQ(Ids(broker, request), "2 1 ");
}

TEST(EventAdmin, ATailFollowsTheEnd) {
  Stations broker;
  for (int i = 1; i <= 3; ++i) Publish(broker, absl::StrCat(i));
  pavane::admin::v1::TailEventsRequest request;
  request.set_last(1);
  ASSERT_OK_AND_ASSIGN(const auto tail, broker.events->StartTail(request));
  auto next = [&] {
    std::string ids;
    bool at_end = false;
    while (!at_end) {
      const auto events = broker.events->ReadTail(*tail, &at_end);
      EXPECT_OK(events);
      if (!events.ok()) break;
      for (const auto& event : *events) absl::StrAppend(&ids, event.event().id(), " ");
    }
    return ids;
  };
  EXPECT_EQ(next(), "3 ");
  EXPECT_FALSE(broker.events->HasMore(*tail));
  Publish(broker, "4");
  EXPECT_TRUE(broker.events->HasMore(*tail));
  EXPECT_EQ(next(), "4 ");
}

TEST(EventAdmin, TestsAPatternOnEventsOfBothForms) {
  Stations broker;
  pavane::admin::v1::TestPatternRequest request;
  request.set_pattern(R"({"detail":{"a":[1]}})");
  request.add_event_json(R"({"detail":{"a":1}})");
  request.add_event_json(R"({"detail":{"a":2}})");
  request.add_event_json("[]");
  *request.add_events() = MakeEvent();
  request.add_events();
  ASSERT_OK_AND_ASSIGN(auto response, broker.events->TestPattern(request));
  ASSERT_EQ(response.results_size(), 5);
  EXPECT_TRUE(response.results(0).matched());
  EXPECT_FALSE(response.results(1).matched());
  EXPECT_EQ(response.results(2).error().reason(), pavane::v1::INVALID_JSON);
  EXPECT_TRUE(response.results(3).matched());
  EXPECT_EQ(response.results(4).error().reason(), pavane::v1::MISSING_ATTRIBUTE);
  request.set_pattern("{");
  ASSERT_OK_AND_ASSIGN(response, broker.events->TestPattern(request));
  EXPECT_EQ(response.pattern_error().reason(), pavane::v1::INVALID_PATTERN);
}

}  // namespace
}  // namespace pavane::admin
