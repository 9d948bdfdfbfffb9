#include "admin/dead_letter_admin.h"

#include <string>

#include "absl/strings/str_cat.h"
#include <gtest/gtest.h>

#include "admin/dead_letter_filter.h"
#include "event/reason.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/event/event_builder.h"
#include "tests/unit/ingress/stations.h"

namespace pavane::admin {
namespace {

using pavane::admin::v1::DeadLetter;
using pavane::admin::v1::ListDeadLettersResponse;
using pavane::admin::v1::PurgeDeadLettersRequest;
using pavane::admin::v1::PurgeDeadLettersResponse;
using pavane::admin::v1::RedriveDeadLettersRequest;
using pavane::admin::v1::RedriveDeadLettersResponse;
using ::pavane::testing::Await;
using ::pavane::testing::MakeEvent;
using ::pavane::testing::Stations;
using ::pavane::testing::StatusIs;

class DeadLetterAdminTest : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_OK(broker_.PutRule("r", R"({"source":["shop"]})").status()); }

  // Publishes events and lets their deliveries be rejected.
  void Kill(int count) {
    for (int i = 0; i < count; ++i) {
      event::CloudEvent event = MakeEvent();
      event.set_id(absl::StrCat("e-", ++last_));
      broker_.PublishOne(event);
      EXPECT_FALSE(broker_.Reject("s", broker_.Pull("s", 1).at(0).delivery_id).has_error());
    }
  }

  // Recorded time runs ahead of a clock that stands still: what is due at once is due a little
  // later.
  void PassRecordedTime() { broker_.clock.Advance(absl::Seconds(1)); }

  ListDeadLettersResponse List(uint32_t page_size = 0, const std::string& token = "") {
    pavane::admin::v1::ListDeadLettersRequest request;
    request.set_page_size(page_size);
    request.set_page_token(token);
    const auto response = broker_.dead_letters->List(request);
    EXPECT_OK(response);
    return response.ok() ? *response : ListDeadLettersResponse();
  }

  absl::StatusOr<RedriveDeadLettersResponse> Redrive(const RedriveDeadLettersRequest& request) {
    return Await<absl::StatusOr<RedriveDeadLettersResponse>>(
        [&](auto done) { broker_.dead_letters->Redrive(request, done); });
  }
  absl::StatusOr<PurgeDeadLettersResponse> Purge(const PurgeDeadLettersRequest& request) {
    return Await<absl::StatusOr<PurgeDeadLettersResponse>>(
        [&](auto done) { broker_.dead_letters->Purge(request, done); });
  }

  Stations broker_;
  int last_ = 0;
};

TEST_F(DeadLetterAdminTest, ShowsWhyADeliveryWasGivenUp) {
  Kill(1);
  const ListDeadLettersResponse list = List();
  ASSERT_EQ(list.dead_letters_size(), 1);
  EXPECT_FALSE(list.dead_letters(0).has_event());
  pavane::admin::v1::GetDeadLetterRequest get;
  get.set_id(list.dead_letters(0).id());
  ASSERT_OK_AND_ASSIGN(const auto shown, broker_.dead_letters->Get(get));
  EXPECT_EQ(shown.dead_letter().event().id(), "e-1");
  EXPECT_EQ(shown.dead_letter().reason(), pavane::admin::v1::REJECTED);
  EXPECT_EQ(shown.dead_letter().error_code(), "BROKEN");
  EXPECT_EQ(shown.dead_letter().rule(), "r");
  EXPECT_EQ(shown.dead_letter().target(), "t0");
  EXPECT_EQ(shown.dead_letter().attempts(), 1u);
}

TEST_F(DeadLetterAdminTest, ListsInPagesOldestFirst) {
  Kill(3);
  const ListDeadLettersResponse first = List(2);
  ASSERT_EQ(first.dead_letters_size(), 2);
  EXPECT_EQ(first.dead_letters(0).event_id(), "e-1");
  const ListDeadLettersResponse second = List(2, first.next_page_token());
  ASSERT_EQ(second.dead_letters_size(), 1);
  EXPECT_EQ(second.dead_letters(0).event_id(), "e-3");
  EXPECT_EQ(second.next_page_token(), "");
}

TEST_F(DeadLetterAdminTest, ARedrivenLetterIsADeliveryAgainAndALetterNoMore) {
  Kill(1);
  RedriveDeadLettersRequest request;
  request.set_id(List().dead_letters(0).id());
  ASSERT_OK_AND_ASSIGN(const auto response, Redrive(request));
  EXPECT_EQ(response.redriven(), 1u);
  PassRecordedTime();
  const targets::OutgoingDelivery delivery = broker_.Pull("s", 1).at(0);
  EXPECT_EQ(delivery.kind, targets::DeliveryKind::kRedrive);
  EXPECT_EQ(delivery.attempt, 1u);
  EXPECT_EQ(List().dead_letters_size(), 0);
  EXPECT_THAT(Redrive(request).status(), StatusIs(absl::StatusCode::kNotFound));
}

TEST_F(DeadLetterAdminTest, TheAgeOfARedrivenLetterCountsFromTheRedrive) {
  Kill(1);
  broker_.clock.Advance(absl::Hours(48));
  RedriveDeadLettersRequest request;
  request.set_all(true);
  ASSERT_OK(Redrive(request).status());
  PassRecordedTime();
  const auto pulled = Await<std::vector<targets::OutgoingDelivery>>([&](auto done) {
    delivery::PullOptions options;
    options.service = "s";
    options.deliveries_max = 1;
    broker_.dispatcher->Pull(options, done);
  });
  ASSERT_EQ(pulled.size(), 1u);
  EXPECT_EQ(pulled[0].attempt, 1u);
}

TEST_F(DeadLetterAdminTest, TwoRedrivesAtOnceMakeOneDelivery) {
  Kill(1);
  RedriveDeadLettersRequest request;
  request.set_id(List().dead_letters(0).id());
  std::promise<uint64_t> first;
  std::promise<uint64_t> second;
  auto count = [](std::promise<uint64_t>& out) {
    return [&out](const absl::StatusOr<RedriveDeadLettersResponse>& response) {
      out.set_value(response.ok() ? response->redriven() : 0);
    };
  };
  broker_.dead_letters->Redrive(request, count(first));
  broker_.dead_letters->Redrive(request, count(second));
  EXPECT_EQ(first.get_future().get() + second.get_future().get(), 1u);
}

TEST_F(DeadLetterAdminTest, AWalkOverAllEndsAlthoughRedrivenOnesFailAgain) {
  Kill(3);
  RedriveDeadLettersRequest request;
  request.set_all(true);
  ASSERT_OK_AND_ASSIGN(const auto response, Redrive(request));
  EXPECT_EQ(response.redriven(), 3u);
  EXPECT_FALSE(response.more());
}

TEST_F(DeadLetterAdminTest, ATargetThatIsGoneNeedsAnother) {
  Kill(1);
  const std::string id = List().dead_letters(0).id();
  pavane::admin::v1::DeleteRuleRequest remove;
  remove.set_name("r");
  ASSERT_OK(Await<absl::StatusOr<pavane::admin::v1::DeleteRuleResponse>>([&](auto done) {
              broker_.rule_admin->Delete(remove, done);
            }).status());
  RedriveDeadLettersRequest request;
  request.set_id(id);
  EXPECT_EQ(event::ReasonOf(Redrive(request).status()), pavane::v1::TARGET_GONE);
  request.set_all(true);
  ASSERT_OK_AND_ASSIGN(const auto all, Redrive(request));
  EXPECT_EQ(all.target_gone(), 1u);
  EXPECT_EQ(all.redriven(), 0u);
  ASSERT_OK(broker_.PutRule("heir", R"({"source":["nothing"]})", {"service:heir"}).status());
  request.set_id(id);
  request.set_to_target("default/heir/t0");
  ASSERT_OK(Redrive(request).status());
  PassRecordedTime();
  EXPECT_EQ(broker_.Pull("heir", 1).at(0).names->rule, "heir");
  request.set_to_target("default/heir/t7");
  EXPECT_THAT(Redrive(request).status(), StatusIs(absl::StatusCode::kNotFound));
  request.set_to_target("heir");
  EXPECT_EQ(event::ReasonOf(Redrive(request).status()), pavane::v1::INVALID_TARGET);
}

TEST_F(DeadLetterAdminTest, PurgedOnesAreGone) {
  Kill(3);
  PurgeDeadLettersRequest request;
  EXPECT_FALSE(Purge(request).ok());  // which?
  request.mutable_filter()->set_error_code("OTHER");
  ASSERT_OK_AND_ASSIGN(PurgeDeadLettersResponse response, Purge(request));
  EXPECT_EQ(response.purged(), 0u);
  request.set_all(true);
  ASSERT_OK_AND_ASSIGN(response, Purge(request));
  EXPECT_EQ(response.purged(), 3u);
  EXPECT_EQ(List().dead_letters_size(), 0);
}

TEST_F(DeadLetterAdminTest, OldOnesAndTooManyExpire) {
  Kill(2);
  broker_.clock.Advance(absl::Hours(1));
  const int64_t cutoff = absl::ToUnixMicros(broker_.clock.Now());
  Kill(3);
  auto expire = [&](int64_t before_us, uint64_t max) {
    const auto expired = Await<absl::StatusOr<DeadLetterAdmin::Expired>>(
        [&](auto done) { broker_.dead_letters->Expire(before_us, max, done); });
    EXPECT_OK(expired);
    EXPECT_FALSE(expired->more);
    const auto found = expired->count.find({"default", "r", "t0"});
    return found == expired->count.end() ? 0 : found->second;
  };
  EXPECT_EQ(expire(cutoff, 100), 2u);
  EXPECT_EQ(expire(cutoff, 2), 1u);
  EXPECT_EQ(expire(cutoff, 2), 0u);
  EXPECT_EQ(List().dead_letters(0).event_id(), "e-4");
}

TEST_F(DeadLetterAdminTest, ExpiryLooksAtEveryTarget) {
  ASSERT_OK(broker_.PutRule("r", R"({"source":["shop"]})", {"service:s", "service:s"}).status());
  for (int i = 0; i < 2; ++i) {
    event::CloudEvent event = MakeEvent();
    event.set_id(absl::StrCat("two-", i));
    broker_.PublishOne(event);
  }
  for (const auto& delivery : broker_.Pull("s", 4)) broker_.Reject("s", delivery.delivery_id);
  const auto expired = Await<absl::StatusOr<DeadLetterAdmin::Expired>>(
      [&](auto done) { broker_.dead_letters->Expire(0, 1, done); });
  ASSERT_OK(expired);
  EXPECT_EQ(expired->count.size(), 2u);
  for (const auto& [place, count] : expired->count) EXPECT_EQ(count, 1u) << place.target;
  EXPECT_EQ(List().dead_letters_size(), 2);
}

TEST(DeadLetterFilter, SelectsByEveryField) {
  store::DeadLetterRecord letter;
  letter.bus = "default";
  letter.rule = "r";
  letter.target = "t";
  letter.target_address = "service:s";
  letter.error_code = "X";
  letter.reason = store::FailureReason::kRejected;
  letter.dead_us = 5'000'000;
  letter.event_type = "T";
  letter.correlation_id = "c";
  pavane::admin::v1::DeadLetterFilter filter;
  EXPECT_TRUE(Selects(filter, letter));
  filter.set_bus("default");
  filter.set_rule("r");
  filter.set_target("t");
  filter.set_target_address("service:s");
  filter.set_error_code("X");
  filter.set_reason(pavane::admin::v1::REJECTED);
  filter.set_event_type("T");
  filter.set_correlation_id("c");
  filter.mutable_since()->set_seconds(5);
  filter.mutable_until()->set_seconds(6);
  EXPECT_TRUE(Selects(filter, letter));
  auto refuses = [&](auto&& change) {
    pavane::admin::v1::DeadLetterFilter other = filter;
    change(other);
    return !Selects(other, letter);
  };
  EXPECT_TRUE(refuses([](auto& f) { f.set_bus("x"); }));
  EXPECT_TRUE(refuses([](auto& f) { f.set_rule("x"); }));
  EXPECT_TRUE(refuses([](auto& f) { f.set_target("x"); }));
  EXPECT_TRUE(refuses([](auto& f) { f.set_target_address("x"); }));
  EXPECT_TRUE(refuses([](auto& f) { f.set_error_code("x"); }));
  EXPECT_TRUE(refuses([](auto& f) { f.set_reason(pavane::admin::v1::AGE_EXCEEDED); }));
  EXPECT_TRUE(refuses([](auto& f) { f.set_event_type("x"); }));
  EXPECT_TRUE(refuses([](auto& f) { f.set_correlation_id("x"); }));
  EXPECT_TRUE(refuses([](auto& f) { f.mutable_since()->set_seconds(6); }));
  EXPECT_TRUE(refuses([](auto& f) { f.mutable_until()->set_seconds(5); }));
}

// ---- ordering keys

class OrderedDeadLetterTest : public ::testing::Test {
 protected:
  using Ordering = pavane::v1::Ordering;

  void SetUp() override {
    Put("r", "service:s", "");
    Put("other", "service:o", "detail.id");
  }

  // A rule with one ordered target whose dead letters block.
  void Put(const std::string& name, const std::string& address, const std::string& key_path) {
    pavane::admin::v1::PutRuleRequest request;
    request.mutable_rule()->set_name(name);
    request.mutable_rule()->set_pattern(R"({"source":["shop"]})");
    pavane::admin::v1::Target& target = *request.mutable_rule()->add_targets();
    target.set_id("t0");
    target.set_address(address);
    target.mutable_ordering()->set_mode(Ordering::KEY);
    target.mutable_ordering()->set_key_path(key_path);
    target.mutable_ordering()->set_on_dead_letter(Ordering::BLOCK);
    ASSERT_OK(Await<absl::StatusOr<pavane::admin::v1::PutRuleResponse>>([&](auto done) {
                broker_.rule_admin->Put(request, done);
              }).status());
  }
  void Publish(const std::string& id, const std::string& key) {
    event::CloudEvent event = MakeEvent();
    event.set_id(id);
    (*event.mutable_attributes())["partitionkey"].set_ce_string(key);
    (*event.mutable_attributes())["datacontenttype"].set_ce_string("application/json");
    event.set_text_data(absl::StrCat("{\"id\":\"", id, "\"}"));
    EXPECT_FALSE(broker_.PublishOne(event).has_error());
  }
  std::string PullId(const std::string& service, std::string* delivery_id = nullptr) {
    const targets::OutgoingDelivery delivery = broker_.Pull(service, 1).at(0);
    if (delivery_id != nullptr) *delivery_id = delivery.delivery_id;
    event::CloudEvent event;
    EXPECT_TRUE(event.ParseFromString(delivery.event->bytes));
    return event.id();
  }
  void RejectFirst() {
    std::string delivery_id;
    EXPECT_EQ(PullId("s", &delivery_id), "a-1");
    EXPECT_FALSE(broker_.Reject("s", delivery_id).has_error());
  }
  DeadLetter Letter() {
    const auto list = broker_.dead_letters->List({});
    EXPECT_OK(list);
    EXPECT_EQ(list->dead_letters_size(), 1);
    return list->dead_letters(0);
  }
  absl::StatusOr<pavane::admin::v1::SkipDeadLettersResponse> Skip(const std::string& id) {
    pavane::admin::v1::SkipDeadLettersRequest request;
    request.set_id(id);
    return Await<absl::StatusOr<pavane::admin::v1::SkipDeadLettersResponse>>(
        [&](auto done) { broker_.dead_letters->Skip(request, done); });
  }

  Stations broker_;
};

TEST_F(OrderedDeadLetterTest, ASkippedLetterStaysAndLetsItsKeyGoOn) {
  Publish("a-1", "a");
  Publish("a-2", "a");
  Publish("b-1", "b");
  RejectFirst();
  const DeadLetter letter = Letter();
  EXPECT_TRUE(letter.blocks_key());
  EXPECT_EQ(PullId("s"), "b-1") << "a-2 waits";
  ASSERT_OK_AND_ASSIGN(const auto skipped, Skip(letter.id()));
  EXPECT_EQ(skipped.skipped(), 1u);
  EXPECT_EQ(PullId("s"), "a-2");
  EXPECT_FALSE(Letter().blocks_key());
  EXPECT_EQ(Letter().event_id(), "a-1");
  ASSERT_OK_AND_ASSIGN(const auto again, Skip(Letter().id()));
  EXPECT_EQ(again.skipped(), 0u);
  EXPECT_THAT(Skip(letter.id()).status(), StatusIs(absl::StatusCode::kNotFound)) << "its old id";
}

TEST_F(OrderedDeadLetterTest, RedrivenToAnotherTargetItLetsItsKeyGoOnAndHasTheOthersKey) {
  Publish("a-1", "a");
  Publish("a-2", "a");
  RejectFirst();
  EXPECT_EQ(PullId("o"), "a-1");
  EXPECT_EQ(PullId("o"), "a-2") << "there the key is detail.id";
  RedriveDeadLettersRequest request;
  request.set_id(Letter().id());
  request.set_to_target("default/other/t0");
  ASSERT_OK(Await<absl::StatusOr<RedriveDeadLettersResponse>>([&](auto done) {
              broker_.dead_letters->Redrive(request, done);
            }).status());
  broker_.clock.Advance(absl::Seconds(1));
  EXPECT_EQ(PullId("s"), "a-2");
  for (const delivery::TargetStats& stats : broker_.dispatcher->CollectTargetStats()) {
    if (stats.names->rule == "other") {
      EXPECT_EQ(stats.parked, 1u) << "a-1 is out already";
    }
  }
}

}  // namespace
}  // namespace pavane::admin
