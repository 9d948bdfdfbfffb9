// One service with much to do does not hold up the others.
#include <future>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/mutex.h"
#include "tests/unit/delivery/harness.h"

namespace pavane::delivery {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// What happens on the loop, in order.
class Events {
 public:
  void Add(std::string what) ABSL_LOCKS_EXCLUDED(mu_) {
    MutexLock lock(mu_);
    events_.push_back(std::move(what));
  }
  std::vector<std::string> Get() ABSL_LOCKS_EXCLUDED(mu_) {
    MutexLock lock(mu_);
    return events_;
  }

 private:
  Mutex mu_;
  std::vector<std::string> events_ ABSL_GUARDED_BY(mu_);
};

class LoggingSession : public targets::Session {
 public:
  LoggingSession(std::string name, Events& events) : name_(std::move(name)), events_(events) {}
  void Deliver(std::vector<targets::OutgoingDelivery> deliveries) override {
    events_.Add(absl::StrCat(name_, " ", deliveries.size()));
  }
  void LeasesLost(std::vector<std::string>) override {}
  void Draining(absl::Time) override {}
  void Close(const absl::Status&) override {}

 private:
  const std::string name_;
  Events& events_;
};

class FairnessTest : public ::testing::Test {
 protected:
  // The loop stands still until the promise is kept: all that comes meanwhile waits together.
  std::promise<void> Hold() {
    std::promise<void> go_on;
    auto held = std::make_shared<std::promise<void>>();
    std::future<void> holds = held->get_future();
    harness_.dispatcher().Settle("holder", Unknown(1),
                                 [held, wait = go_on.get_future().share()](auto) {
                                   held->set_value();
                                   wait.wait();
                                 });
    holds.wait();
    return go_on;
  }
  static std::vector<SettlementRequest> Unknown(int count) {
    std::vector<SettlementRequest> settlements;
    for (int i = 0; i < count; ++i) {
      settlements.push_back({.delivery_id = "unknown", .outcome = Ack()});
    }
    return settlements;
  }
  // `count` settlements that are refused at once.
  void Settle(const std::string& service, int count) {
    harness_.dispatcher().Settle(service, Unknown(count),
                                 [this, service](auto) { events_.Add(service); });
  }
  // Each in a call of its own; refusals are events.
  void AckEach(const Deliveries& deliveries) {
    for (const targets::OutgoingDelivery& delivery : deliveries) {
      std::vector<SettlementRequest> one;
      one.push_back({.delivery_id = delivery.delivery_id, .outcome = Ack()});
      harness_.dispatcher().Settle("seat", std::move(one), [this](auto answers) {
        if (answers[0].refusal) events_.Add(answers[0].refusal->message);
      });
    }
  }
  SessionId Connect(const std::string& service) {
    std::promise<SessionId> opened;
    OpenRequest request;
    request.service = service;
    request.batch_max = 10'000;
    request.session = std::make_shared<LoggingSession>(service, events_);
    harness_.dispatcher().OpenSession(
        std::move(request), [&opened](const OpenAnswer& answer) { opened.set_value(answer.id); });
    return opened.get_future().get();
  }

  Events events_;
  Harness harness_;
};

TEST_F(FairnessTest, SettlementsOfServicesTakeTurns) {
  std::promise<void> go_on = Hold();
  for (int i = 0; i < 20; ++i) Settle("busy", 64);
  Settle("quiet", 1);
  go_on.set_value();
  harness_.Sync();
  std::vector<std::string> events = events_.Get();
  ASSERT_THAT(events, SizeIs(21));
  events.resize(2);
  EXPECT_THAT(events, ElementsAre("busy", "quiet"));
}

TEST_F(FairnessTest, DeliveriesToServicesTakeTurns) {
  const std::vector<TargetId> targets =
      harness_.PutRule("rule", {{"busy", "service:busy", {}}, {"quiet", "service:quiet", {}}});
  const SessionId busy = Connect("busy");
  const SessionId quiet = Connect("quiet");
  harness_.Publish({targets[0]}, 600);
  harness_.Publish({targets[1]}, 1);
  ASSERT_THAT(events_.Get(), IsEmpty());
  std::promise<void> go_on = Hold();
  harness_.dispatcher().AddCredit(busy, 600, 0);
  harness_.dispatcher().AddCredit(quiet, 1, 0);
  go_on.set_value();
  harness_.Sync();
  EXPECT_THAT(events_.Get(), ElementsAre("busy 256", "quiet 1", "busy 256", "busy 88"));
}

// All of one session is in one order, so that what is settled before it closes is settled.
TEST_F(FairnessTest, AClosingComesAfterTheSettlementsBeforeIt) {
  const TargetId target = harness_.PutRule("rule", {{"seat", "service:seat", {}}})[0];
  auto client = harness_.Connect("seat", 200);
  harness_.Publish({target}, 200);
  const Deliveries deliveries = client.session->Take();
  ASSERT_THAT(deliveries, SizeIs(200));
  std::promise<void> go_on = Hold();
  AckEach(deliveries);
  harness_.dispatcher().CloseSession(client.opened.id, CloseKind::kOrderly);
  go_on.set_value();
  harness_.Sync();
  EXPECT_THAT(events_.Get(), IsEmpty());
  EXPECT_EQ(harness_.Stats(target).queued, 0u);
}

// None is answered with less than there is only since others had their turn.
TEST_F(FairnessTest, PullsThatDoNotWaitGetWhatThereIs) {
  const TargetId target = harness_.PutRule("rule", {{"seat", "service:seat", {}}})[0];
  harness_.Publish({target}, 600);
  std::promise<void> go_on = Hold();
  for (int i = 0; i < 3; ++i) {
    harness_.dispatcher().Pull({.service = "seat", .deliveries_max = 200}, [this](auto deliveries) {
      events_.Add(absl::StrCat("pull ", deliveries.size()));
    });
  }
  go_on.set_value();
  harness_.Sync();
  EXPECT_THAT(events_.Get(), ElementsAre("pull 200", "pull 200", "pull 200"));
}

// The loop was held up: what it has not come to is not late.
TEST_F(FairnessTest, SettlementsThatWaitComeBeforeTheExpiryOfTheirLeases) {
  const TargetId target = harness_.PutRule("rule", {{"seat", "service:seat", {}}})[0];
  auto client = harness_.Connect("seat", 600);
  harness_.Publish({target}, 600);
  const Deliveries deliveries = client.session->Take();
  ASSERT_THAT(deliveries, SizeIs(600));
  harness_.clock().Advance(absl::Seconds(29));
  harness_.Sync();
  std::promise<void> go_on = Hold();
  AckEach(deliveries);
  harness_.clock().Advance(absl::Seconds(2));
  go_on.set_value();
  harness_.Sync();
  EXPECT_THAT(events_.Get(), IsEmpty());
  EXPECT_EQ(harness_.Stats(target).queued, 0u);
}

}  // namespace
}  // namespace pavane::delivery
