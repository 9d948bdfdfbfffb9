#include "pavane/publisher.h"

#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/clients_cpp/fake_broker.h"
#include "tests/unit/clients_cpp/mailbox.h"
#include "tests/unit/clients_cpp/manual_clock.h"

namespace pavane {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using testing::FakeBroker;
using testing::FakePublishStream;
using testing::Gate;
using testing::Mailbox;

using Request = pavane::v1::PublishStreamRequest;
using Response = pavane::v1::PublishStreamResponse;

std::vector<std::string> Ids(const std::optional<Request>& request) {
  std::vector<std::string> ids;
  if (!request) return {"(no request)"};
  for (const auto& entry : request->publish().entries()) ids.push_back(entry.event().id());
  return ids;
}

Response Accept(const Request& request, bool duplicate = false) {
  Response response;
  auto& answer = *response.add_answers();
  answer.set_request_id(request.request_id());
  for (const auto& entry : request.publish().entries()) {
    auto& result = *answer.add_results();
    result.set_sequence(7);
    result.set_matched_rules(2);
    result.set_duplicate(duplicate);
    result.set_bus(entry.bus());
    result.set_event_id(entry.event().id());
  }
  return response;
}

class PublisherTest : public ::testing::Test {
 protected:
  PublisherOptions Options() {
    PublisherOptions options;
    options.address = broker_.address();
    options.source = "/test";
    options.backoff_initial = milliseconds(1);
    options.backoff_max = milliseconds(10);
    options.logger = [](LogLevel, std::string_view) {};
    return options;
  }

  static Event Named(const std::string& id) { return Event("X").SetId(id); }

  FakeBroker broker_;
};

TEST_F(PublisherTest, ResultCarriesWhatTheBrokerSaid) {
  Publisher publisher(Options());
  auto future = publisher.Publish(PublishEntry(Named("a"), "orders"));
  const auto stream = broker_.TakePublishStream();
  ASSERT_NE(stream, nullptr);
  const auto request = stream->Take();
  ASSERT_THAT(Ids(request), ElementsAre("a"));
  EXPECT_EQ(request->publish().entries(0).event().source(), "/test") << "the options' source";
  stream->Send(Accept(*request, /*duplicate=*/true));
  const PublishResult result = future.get();
  EXPECT_TRUE(result.ok()) << result.error.ToString();
  EXPECT_EQ(result.sequence, 7u);
  EXPECT_EQ(result.matched_rules, 2u);
  EXPECT_TRUE(result.duplicate);
  EXPECT_EQ(result.bus, "orders");
  EXPECT_EQ(result.event_id, "a");
}

TEST_F(PublisherTest, EventWithoutIdGetsOne) {
  Publisher publisher(Options());
  auto future = publisher.Publish(Event("X"));
  const auto stream = broker_.TakePublishStream();
  const auto request = stream->Take();
  ASSERT_TRUE(request);
  EXPECT_EQ(request->publish().entries(0).event().id().size(), 36u);
  stream->Send(Accept(*request));
  EXPECT_TRUE(future.get().ok());
}

TEST_F(PublisherTest, BatchesWhileARequestIsInFlightAndKeepsOrder) {
  Publisher publisher(Options());
  std::vector<std::future<PublishResult>> futures;
  futures.push_back(publisher.Publish(Named("a")));
  const auto stream = broker_.TakePublishStream();
  const auto first = stream->Take();
  ASSERT_THAT(Ids(first), ElementsAre("a"));
  for (const char* id : {"b", "c", "d"}) futures.push_back(publisher.Publish(Named(id)));
  EXPECT_TRUE(stream->quiet()) << "the first request is not answered yet";
  stream->Send(Accept(*first));
  const auto second = stream->Take();
  EXPECT_THAT(Ids(second), ElementsAre("b", "c", "d"));
  stream->Send(Accept(*second));
  for (auto& future : futures) EXPECT_TRUE(future.get().ok());
}

TEST_F(PublisherTest, RepeatsUnansweredRequestsWithTheSameIdsAfterABreak) {
  Publisher publisher(Options());
  auto future = publisher.Publish(Event("X"));
  const auto broken = broker_.TakePublishStream();
  const auto first = broken->Take();
  ASSERT_TRUE(first);
  broken->Break();
  const auto stream = broker_.TakePublishStream();
  ASSERT_NE(stream, nullptr);
  const auto again = stream->Take();
  ASSERT_TRUE(again);
  EXPECT_EQ(again->SerializeAsString(), first->SerializeAsString());
  stream->Send(Accept(*again));
  EXPECT_TRUE(future.get().ok());
}

TEST_F(PublisherTest, AnsweredRequestsAreNotRepeated) {
  Publisher publisher(Options());
  auto first = publisher.Publish(Named("a"));
  const auto broken = broker_.TakePublishStream();
  broken->Send(Accept(broken->Take().value()));
  EXPECT_TRUE(first.get().ok());
  broken->Break();
  auto second = publisher.Publish(Named("b"));
  const auto stream = broker_.TakePublishStream();
  ASSERT_NE(stream, nullptr);
  const auto request = stream->Take();
  EXPECT_THAT(Ids(request), ElementsAre("b"));
  stream->Send(Accept(*request));
  EXPECT_TRUE(second.get().ok());
}

TEST_F(PublisherTest, RefusalReachesItsEventAlone) {
  Publisher publisher(Options());
  auto hold = publisher.Publish(Named("hold"));
  const auto stream = broker_.TakePublishStream();
  const auto first = stream->Take();
  auto good = publisher.Publish(Named("good"));
  auto bad = publisher.Publish(Named("bad"));
  stream->Send(Accept(*first));
  const auto request = stream->Take();
  ASSERT_THAT(Ids(request), ElementsAre("good", "bad"));
  Response response = Accept(*request);
  auto& error = *response.mutable_answers(0)->mutable_results(1)->mutable_error();
  error.set_code(5);
  error.set_reason(pavane::v1::UNKNOWN_BUS);
  error.set_message("no bus 'x'");
  stream->Send(response);
  EXPECT_TRUE(good.get().ok());
  const PublishResult result = bad.get();
  EXPECT_EQ(result.error.ToString(), "NOT_FOUND UNKNOWN_BUS: no bus 'x'");
}

TEST_F(PublisherTest, OverloadedEventIsSentAgainAfterItsDelay) {
  testing::ManualClock clock;
  Publisher publisher(Options(), clock);
  auto future = publisher.Publish(Named("a"));
  const auto stream = broker_.TakePublishStream();
  const auto request = stream->Take();
  ASSERT_TRUE(request);
  Response refusal = Accept(*request);
  auto& error = *refusal.mutable_answers(0)->mutable_results(0)->mutable_error();
  error.set_code(8);
  error.set_reason(pavane::v1::OVERLOADED);
  error.mutable_retry_after()->set_seconds(2);
  stream->Send(refusal);
  ASSERT_TRUE(clock.AdvanceToNextDeadline(seconds(2)));
  const auto again = stream->Take();
  ASSERT_THAT(Ids(again), ElementsAre("a"));
  EXPECT_NE(again->request_id(), request->request_id());
  stream->Send(Accept(*again));
  EXPECT_TRUE(future.get().ok());
}

TEST_F(PublisherTest, UnansweredEventFailsAtItsDeadline) {
  testing::ManualClock clock;
  Publisher publisher(Options(), clock);
  auto future = publisher.Publish(Named("a"));
  const auto stream = broker_.TakePublishStream();
  ASSERT_THAT(Ids(stream->Take()), ElementsAre("a"));
  clock.Advance(seconds(30));
  EXPECT_EQ(future.get().error.code, 4) << "DEADLINE_EXCEEDED";
  EXPECT_TRUE(stream->WaitHalfClosed()) << "the stream is given up";
}

TEST_F(PublisherTest, FullQueueFailsWhereAsked) {
  PublisherOptions options = Options();
  options.queue_events_max = 1;
  options.when_full = PublisherOptions::WhenFull::kFail;
  Publisher publisher(options);
  auto first = publisher.Publish(Named("a"));
  const PublishResult refused = publisher.PublishSync(Named("b"));
  EXPECT_EQ(refused.error.reason, pavane::v1::OVERLOADED);
  const auto stream = broker_.TakePublishStream();
  stream->Send(Accept(stream->Take().value()));
  EXPECT_TRUE(first.get().ok());
}

TEST_F(PublisherTest, FullQueueBlocksUntilThereIsRoom) {
  PublisherOptions options = Options();
  options.queue_events_max = 1;
  Publisher publisher(options);
  auto first = publisher.Publish(Named("a"));
  const auto stream = broker_.TakePublishStream();
  const auto request = stream->Take();
  ASSERT_TRUE(request);
  std::thread blocked([&] { (void)publisher.PublishSync(Named("b")); });
  EXPECT_TRUE(stream->quiet());
  stream->Send(Accept(*request));
  const auto second = stream->Take();
  EXPECT_THAT(Ids(second), ElementsAre("b"));
  stream->Send(Accept(*second));
  blocked.join();
}

TEST_F(PublisherTest, CallbackMayPublishAndIsNeverBlocked) {
  PublisherOptions options = Options();
  options.queue_events_max = 1;
  Mailbox<PublishResult> inner;
  Publisher publisher(options);
  publisher.Publish(Named("a"), [&](const PublishResult&) {
    // The queue counts this event until its callback has returned.
    publisher.Publish(Named("b"), [&](const PublishResult& result) { inner.Put(result); });
  });
  const auto stream = broker_.TakePublishStream();
  stream->Send(Accept(stream->Take().value()));
  const auto result = inner.Take();
  ASSERT_TRUE(result);
  EXPECT_EQ(result->error.reason, pavane::v1::OVERLOADED);
}

TEST_F(PublisherTest, FlushWaitsForWhatWasTakenBefore) {
  Publisher publisher(Options());
  EXPECT_TRUE(publisher.Flush(milliseconds(0))) << "nothing to wait for";
  Gate answered;
  publisher.Publish(Named("a"), [&](const PublishResult&) { answered.Open(); });
  const auto stream = broker_.TakePublishStream();
  const auto request = stream->Take();
  ASSERT_TRUE(request);
  EXPECT_FALSE(publisher.Flush(milliseconds(1)));
  stream->Send(Accept(*request));
  EXPECT_TRUE(publisher.Flush(testing::kBound));
  EXPECT_TRUE(answered.Wait());
}

TEST_F(PublisherTest, DestructionAnswersTheRestWithCancelled) {
  auto publisher = std::make_unique<Publisher>(Options());
  auto sent = publisher->Publish(Named("a"));
  const auto stream = broker_.TakePublishStream();
  ASSERT_THAT(Ids(stream->Take()), ElementsAre("a"));
  auto waiting = publisher->Publish(Named("b"));
  publisher.reset();
  EXPECT_EQ(sent.get().error.code, 1) << "CANCELLED";
  EXPECT_EQ(waiting.get().error.code, 1);
}

TEST_F(PublisherTest, TextThatWouldBreakTheStreamIsRefusedBefore) {
  Publisher publisher(Options());
  const PublishResult result = publisher.PublishSync(Event("X").SetJson("{\"a\":\"\xff\"}"));
  EXPECT_EQ(result.error.reason, pavane::v1::INVALID_UTF8);
  const PublishResult large =
      publisher.PublishSync(Event("X").SetText(std::string(5 << 20, 'x'), "text/plain"));
  EXPECT_EQ(large.error.reason, pavane::v1::EVENT_TOO_LARGE);
}

}  // namespace
}  // namespace pavane
