#include "clients/cpp/src/publish_queue.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "clients/cpp/src/backoff.h"
#include "clients/cpp/src/errors.h"

namespace pavane::internal {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> Ids(const PublishQueue::Request& request) {
  std::vector<std::string> ids;
  for (size_t i = 0; i < request.size(); ++i) ids.push_back(EventIdOf(request.entry(i)));
  return ids;
}

std::vector<std::string> Ids(const PublishQueue::Answered& answered) {
  std::vector<std::string> ids;
  for (const AnsweredEvent& event : answered) ids.push_back(event.result.event_id);
  return ids;
}

class PublishQueueTest : public ::testing::Test {
 protected:
  void Add(const std::string& id) {
    PendingEvent event;
    pavane::v1::PublishEntry entry;
    entry.mutable_event()->set_id(id);
    event.entry = entry.SerializeAsString();
    event.bytes = 10;
    event.deadline = now_ + seconds(30);
    queue_.Add(std::move(event));
  }

  PublishQueue::Answered Accept(const PublishQueue::Request& request) {
    return Answer(request, pavane::v1::REASON_UNSPECIFIED, {});
  }

  PublishQueue::Answered Answer(const PublishQueue::Request& request, pavane::v1::Reason reason,
                                std::optional<int> retry_after_s) {
    pavane::v1::PublishStreamResponse response;
    auto& answer = *response.add_answers();
    answer.set_request_id(request.request_id());
    for (int i = 0; i < static_cast<int>(request.size()); ++i) {
      auto& result = *answer.add_results();
      result.set_sequence(++sequence_);
      if (reason == pavane::v1::REASON_UNSPECIFIED) continue;
      result.mutable_error()->set_code(kResourceExhausted);
      result.mutable_error()->set_reason(reason);
      if (retry_after_s) result.mutable_error()->mutable_retry_after()->set_seconds(*retry_after_s);
    }
    return queue_.Answer(response, now_);
  }

  SteadyTime now_ = SteadyTime(std::chrono::hours(1));
  PublisherOptions options_ = {.batch_events_max = 3, .requests_in_flight_max = 2};
  PublishQueue queue_{options_};
  uint64_t sequence_ = 0;
};

TEST_F(PublishQueueTest, SendsAtOnceWhatWaitsWhenNothingIsInFlight) {
  Add("a");
  const auto request = queue_.Next(now_);
  ASSERT_NE(request, nullptr);
  EXPECT_THAT(Ids(*request), ElementsAre("a"));
  EXPECT_EQ(queue_.Next(now_), nullptr);
}

TEST_F(PublishQueueTest, GathersWhileARequestIsInFlight) {
  Add("a");
  const auto first = queue_.Next(now_);
  Add("b");
  Add("c");
  EXPECT_EQ(queue_.Next(now_), nullptr) << "less than a full batch";
  EXPECT_THAT(Ids(Accept(*first)), ElementsAre("a"));
  const auto second = queue_.Next(now_);
  ASSERT_NE(second, nullptr);
  EXPECT_THAT(Ids(*second), ElementsAre("b", "c"));
  EXPECT_EQ(second->request_id(), first->request_id() + 1);
}

TEST_F(PublishQueueTest, SendsFullBatchesUpToTheLimitInFlight) {
  for (const char* id : {"a", "b", "c", "d", "e", "f", "g", "h", "i"}) Add(id);
  EXPECT_THAT(Ids(*queue_.Next(now_)), ElementsAre("a", "b", "c"));
  EXPECT_THAT(Ids(*queue_.Next(now_)), ElementsAre("d", "e", "f"));
  EXPECT_EQ(queue_.Next(now_), nullptr) << "two requests are in flight";
}

TEST_F(PublishQueueTest, BatchEndsAtItsBytes) {
  options_.batch_bytes_max = 25;
  for (const char* id : {"a", "b", "c"}) Add(id);
  EXPECT_THAT(Ids(*queue_.Next(now_)), ElementsAre("a", "b"));
}

TEST_F(PublishQueueTest, SendsUnansweredRequestsAgainAfterABreakInOrder) {
  for (const char* id : {"a", "b", "c", "d", "e", "f"}) Add(id);
  const auto first = queue_.Next(now_);
  const auto second = queue_.Next(now_);
  queue_.Disconnected();
  EXPECT_EQ(queue_.Next(now_), first);
  EXPECT_EQ(queue_.Next(now_), second);
  EXPECT_EQ(queue_.Next(now_), nullptr);
}

TEST_F(PublishQueueTest, TriesAnOverloadedEventAgainWhenTold) {
  Add("a");
  const auto request = queue_.Next(now_);
  EXPECT_THAT(Ids(Answer(*request, pavane::v1::OVERLOADED, 2)), IsEmpty());
  Add("b");
  EXPECT_EQ(queue_.Next(now_), nullptr) << "the broker is overloaded: nothing goes";
  EXPECT_EQ(queue_.NextSend(now_), now_ + seconds(2));
  now_ += seconds(2);
  EXPECT_THAT(Ids(*queue_.Next(now_)), ElementsAre("a", "b")) << "in the order of Publish";
}

TEST_F(PublishQueueTest, RefusalOfOneBusDoesNotHoldOthersBack) {
  Add("a");
  const auto request = queue_.Next(now_);
  EXPECT_THAT(Ids(Answer(*request, pavane::v1::RETENTION_PINNED, 2)), IsEmpty());
  Add("b");
  EXPECT_THAT(Ids(*queue_.Next(now_)), ElementsAre("b"));
}

TEST_F(PublishQueueTest, RefusalThatDoesNotPassIsAnswered) {
  Add("a");
  const auto answered = Answer(*queue_.Next(now_), pavane::v1::UNKNOWN_BUS, {});
  ASSERT_EQ(answered.size(), 1u);
  EXPECT_EQ(answered[0].result.error.reason, pavane::v1::UNKNOWN_BUS);
  EXPECT_TRUE(queue_.empty());
}

TEST_F(PublishQueueTest, NoRetryBeyondTheDeadline) {
  Add("a");
  const auto answered = Answer(*queue_.Next(now_), pavane::v1::OVERLOADED, 31);
  ASSERT_EQ(answered.size(), 1u);
  EXPECT_EQ(answered[0].result.error.reason, pavane::v1::OVERLOADED);
}

TEST_F(PublishQueueTest, ExpiresWhatWaitsAndWhatIsInFlight) {
  Add("a");
  (void)queue_.Next(now_);
  now_ += seconds(1);
  Add("b");
  EXPECT_EQ(queue_.NextExpiry(now_), now_ + seconds(29));
  now_ += seconds(29);
  EXPECT_FALSE(queue_.stuck());
  const auto first = queue_.Expire(now_, MakeError(kUnavailable, "refused"));
  EXPECT_THAT(Ids(first), ElementsAre("a"));
  EXPECT_EQ(first[0].result.error.code, kDeadlineExceeded);
  EXPECT_THAT(first[0].result.error.message, ::testing::HasSubstr("refused"));
  EXPECT_TRUE(queue_.stuck()) << "nobody answered a whole request";
  now_ += seconds(1);
  EXPECT_THAT(Ids(queue_.Expire(now_, {})), ElementsAre("b"));
  EXPECT_TRUE(queue_.empty());
}

TEST_F(PublishQueueTest, ExpiredBetweenTriesTellsTheLastRefusal) {
  Add("a");
  (void)Answer(*queue_.Next(now_), pavane::v1::DISK_FULL, 29);
  now_ += seconds(30);
  const auto answered = queue_.Expire(now_, {});
  ASSERT_EQ(answered.size(), 1u);
  EXPECT_EQ(answered[0].result.error.reason, pavane::v1::DISK_FULL);
}

TEST_F(PublishQueueTest, LateAnswerOfAnExpiredRequestIsIgnored) {
  Add("a");
  const auto request = queue_.Next(now_);
  now_ += seconds(30);
  EXPECT_EQ(queue_.Expire(now_, {}).size(), 1u);
  EXPECT_THAT(Ids(Accept(*request)), IsEmpty());
}

TEST_F(PublishQueueTest, MissingResultIsAnError) {
  Add("a");
  const auto request = queue_.Next(now_);
  pavane::v1::PublishStreamResponse response;
  response.add_answers()->set_request_id(request->request_id());
  const auto answered = queue_.Answer(response, now_);
  ASSERT_EQ(answered.size(), 1u);
  EXPECT_FALSE(answered[0].result.ok());
}

TEST_F(PublishQueueTest, AbortAnswersAll) {
  Add("a");
  (void)queue_.Next(now_);
  Add("b");
  EXPECT_THAT(Ids(queue_.Abort(MakeError(kCancelled, "end"))), ElementsAre("a", "b"));
  EXPECT_TRUE(queue_.empty());
}

TEST(Backoff, GrowsToItsTopWithJitterAndStartsAnew) {
  Backoff backoff(milliseconds(100), milliseconds(400), /*seed=*/1);
  for (const int top : {100, 200, 400, 400}) {
    const auto delay = backoff.Next();
    EXPECT_GE(delay.count(), top / 2);
    EXPECT_LE(delay.count(), top);
  }
  backoff.Reset();
  EXPECT_LE(backoff.Next().count(), 100);
}

}  // namespace
}  // namespace pavane::internal
