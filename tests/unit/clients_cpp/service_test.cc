// What a service makes of deliveries while its stream stands.
#include "pavane/service.h"

#include <stdexcept>
#include <string>

#include "tests/unit/clients_cpp/service_fixture.h"

namespace pavane {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::CloseDrained;
using testing::FakeSession;
using testing::Gate;
using testing::Mailbox;

class ServiceTest : public testing::ServiceFixture {
 protected:
  // What a service settles whose only handler, of type X, is `handler`.
  pavane::v1::Settlement Outcome(Handler handler, const std::string& type = "X") {
    Service service(DrainingOptions());
    service.On("X", std::move(handler));
    EXPECT_TRUE(service.Start().ok());
    FakeSession session(broker_);
    session.SendOpened("t1");
    session.Deliver("d1", type);
    const auto settlement = session.TakeSettlement();
    EXPECT_TRUE(settlement);
    if (!settlement) return {};
    session.Accept(*settlement);
    service.Stop();
    CloseDrained(session);
    EXPECT_TRUE(service.Wait().ok());
    return *settlement;
  }
};

TEST_F(ServiceTest, OpensWithItsNameRulesContractAndCredit) {
  ServiceOptions options = Options();
  options.rule_set_version = 3;
  options.emits = {"SeatAssigned"};
  Service service(options);
  RuleOptions rule;
  rule.name = "mine";
  rule.pattern = R"({"source":["a"]})";
  rule.lease = seconds(60);
  rule.retry.retries_max = 5;
  service.On("PaymentConfirmed", [](const Delivery&) { return Ack(); });
  service.On("PaymentConfirmed", rule, [](const Delivery&) { return Ack(); });
  ASSERT_TRUE(service.Start().ok());
  FakeSession session(broker_);
  const auto& open = session.open();
  EXPECT_EQ(open.service(), "seat");
  EXPECT_EQ(open.instance(), "one");
  EXPECT_EQ(open.resume_token(), "");
  EXPECT_EQ(open.credit().messages(), 4u);
  EXPECT_EQ(open.rule_set().version(), 3u);
  ASSERT_EQ(open.rule_set().rules_size(), 2);
  EXPECT_EQ(open.rule_set().rules(0).name(), "PaymentConfirmed");
  EXPECT_EQ(open.rule_set().rules(0).pattern(), R"({"detail-type":["PaymentConfirmed"]})");
  EXPECT_EQ(open.rule_set().rules(0).lifetime(), pavane::v1::ServiceRule::DURABLE);
  EXPECT_FALSE(open.rule_set().rules(0).has_retry_policy());
  EXPECT_EQ(open.rule_set().rules(1).pattern(), R"({"source":["a"]})");
  EXPECT_EQ(open.rule_set().rules(1).lease_policy().lease().seconds(), 60);
  EXPECT_EQ(open.rule_set().rules(1).retry_policy().retries_max(), 5u);
  EXPECT_EQ(open.contract().consumes(0), "PaymentConfirmed");
  EXPECT_EQ(open.contract().emits(0), "SeatAssigned");
}

TEST_F(ServiceTest, AckCarriesItsEmitsWithTheServiceAsSource) {
  const auto settlement = Outcome([](const Delivery& delivery) {
    EXPECT_EQ(delivery.event().id(), "d1");
    return Ack({Event("SeatAssigned").SetJson("{}")});
  });
  ASSERT_EQ(settlement.ack().emits_size(), 1);
  EXPECT_EQ(settlement.ack().emits(0).event().type(), "SeatAssigned");
  EXPECT_EQ(settlement.ack().emits(0).event().source(), "seat");
  EXPECT_EQ(settlement.ack().emits(0).event().id(), "") << "the broker derives it";
}

TEST_F(ServiceTest, NackCarriesDelayCodeAndMessage) {
  const auto settlement =
      Outcome([](const Delivery&) { return Nack(milliseconds(1500), "BUSY", "come later"); });
  EXPECT_EQ(settlement.nack().code(), "BUSY");
  EXPECT_EQ(settlement.nack().message(), "come later");
  EXPECT_EQ(settlement.nack().delay().seconds(), 1);
  EXPECT_EQ(settlement.nack().delay().nanos(), 500'000'000);
}

TEST_F(ServiceTest, RejectCarriesCodeMessageAndEmits) {
  const auto settlement =
      Outcome([](const Delivery&) { return Reject("BAD", "no", {Event("Refused")}); });
  EXPECT_EQ(settlement.reject().code(), "BAD");
  EXPECT_EQ(settlement.reject().emits_size(), 1);
}

TEST_F(ServiceTest, ReleaseGivesTheDeliveryBack) {
  EXPECT_TRUE(Outcome([](const Delivery&) { return Release(); }).has_release());
}

TEST_F(ServiceTest, ExceptionOfAHandlerBecomesANack) {
  const auto settlement =
      Outcome([](const Delivery&) -> Result { throw std::runtime_error("disk gone"); });
  EXPECT_EQ(settlement.nack().code(), "HANDLER_EXCEPTION");
  EXPECT_EQ(settlement.nack().message(), "disk gone");
  EXPECT_FALSE(settlement.nack().has_delay());
}

TEST_F(ServiceTest, AnythingElseThrownBecomesANackToo) {
  EXPECT_EQ(Outcome([](const Delivery&) -> Result { throw 7; }).nack().code(), "HANDLER_EXCEPTION");
}

TEST_F(ServiceTest, DeliveryWithoutHandlerIsNacked) {
  const auto settlement = Outcome([](const Delivery&) { return Ack(); }, "Y");
  EXPECT_EQ(settlement.nack().code(), "NO_HANDLER");
}

TEST_F(ServiceTest, TextThatWouldBreakTheStreamBecomesANack) {
  const auto settlement =
      Outcome([](const Delivery&) { return Ack({Event("A").SetSubject("\xff")}); });
  EXPECT_EQ(settlement.nack().code(), "INVALID_EMIT");
}

TEST_F(ServiceTest, HandlerIsChosenByRuleThenTypeThenAny) {
  Mailbox<std::string> called;
  const auto say = [&](const char* name) {
    return [&called, name](const Delivery&) {
      called.Put(name);
      return Ack();
    };
  };
  Service service(Options());
  service.On("X", {.name = "first"}, say("first"));
  service.On("X", {.name = "second"}, say("second"));
  service.OnAny(say("any"));
  ASSERT_TRUE(service.Start().ok());
  FakeSession session(broker_);
  session.SendOpened("t1");
  session.Deliver("d1", "X", "seat/second");
  EXPECT_EQ(called.Take(), "second");
  session.Deliver("d2", "X", "operators-rule");
  EXPECT_EQ(called.Take(), "first") << "the first of its type";
  session.Deliver("d3", "Z", "operators-rule");
  EXPECT_EQ(called.Take(), "any");
}

TEST_F(ServiceTest, HandlersRunInParallelUpToTheConcurrency) {
  Mailbox<std::string> started;
  Gate go;
  Service service(Options());
  service.On("X", [&](const Delivery& delivery) {
    started.Put(std::string(delivery.event().id()));
    EXPECT_TRUE(go.Wait());
    return Ack();
  });
  ASSERT_TRUE(service.Start().ok());
  FakeSession session(broker_);
  session.SendOpened("t1");
  for (const char* id : {"d1", "d2", "d3"}) session.Deliver(id, "X");
  EXPECT_TRUE(started.Take());
  EXPECT_TRUE(started.Take());
  EXPECT_TRUE(started.empty()) << "two workers are busy";
  go.Open();
  EXPECT_TRUE(started.Take());
}

TEST_F(ServiceTest, CreditsComeBackAsHandlersReturn) {
  Service service(Options());
  service.On("X", [](const Delivery&) { return Ack(); });
  ASSERT_TRUE(service.Start().ok());
  FakeSession session(broker_);
  session.SendOpened("t1");
  for (const char* id : {"d1", "d2", "d3", "d4"}) session.Deliver(id, "X");
  EXPECT_TRUE(session.TakeCredits(8)) << "four at the opening, four given back";
}

TEST_F(ServiceTest, LeaseOfALongHandlerIsExtendedAtHalfTime) {
  testing::ManualClock clock;
  Gate started;
  Gate go;
  ServiceOptions options = Options();
  options.keepalive = std::chrono::hours(1);
  Service service(options, clock);
  service.On("X", [&](const Delivery&) {
    started.Open();
    EXPECT_TRUE(go.Wait());
    return Ack();
  });
  ASSERT_TRUE(service.Start().ok());
  FakeSession session(broker_);
  session.SendOpened("t1");
  session.Deliver("d1", "X", "", clock.WallNow() + seconds(20));
  ASSERT_TRUE(started.Wait());
  const auto before = clock.Now();
  ASSERT_TRUE(clock.AdvanceToNextDeadline(seconds(10)));
  EXPECT_EQ(clock.Now() - before, seconds(10)) << "half of the lease";
  const auto item = session.TakeExtend();
  ASSERT_TRUE(item);
  EXPECT_EQ(item->delivery_id(), "d1");
  EXPECT_FALSE(item->has_lease()) << "the target's lease again";
  go.Open();
  EXPECT_TRUE(session.TakeSettlement());
}

TEST_F(ServiceTest, LostLeaseIsSeenByTheHandlerAndItsResultIsDiscarded) {
  Gate started;
  Mailbox<bool> lost;
  Gate look;
  Service service(Options());
  service.On("X", [&](const Delivery& delivery) {
    if (delivery.event().id() != "d1") return Ack();
    started.Open();
    EXPECT_TRUE(look.Wait());
    lost.Put(delivery.lease_lost());
    return Ack();
  });
  ASSERT_TRUE(service.Start().ok());
  FakeSession session(broker_);
  session.SendOpened("t1");
  session.Deliver("d1", "X");
  ASSERT_TRUE(started.Wait());
  session.LoseLease("d1");
  EXPECT_TRUE(Warned("lease lost"));
  look.Open();
  EXPECT_EQ(lost.Take(), true);
  session.Deliver("d2", "X");
  const auto settlement = session.TakeSettlement();
  ASSERT_TRUE(settlement);
  EXPECT_EQ(settlement->delivery_id(), "d2");
}

TEST_F(ServiceTest, RefusedEmitMakesTheDeliveryFailWithThatReason) {
  Service service(Options());
  service.On("X", [](const Delivery&) { return Ack({Event("A")}); });
  ASSERT_TRUE(service.Start().ok());
  FakeSession session(broker_);
  session.SendOpened("t1");
  session.Deliver("d1", "X");
  ASSERT_TRUE(session.TakeSettlement());
  session.Refuse("d1", pavane::v1::INVALID_EMIT);
  const auto second = session.TakeSettlement();
  ASSERT_TRUE(second);
  EXPECT_EQ(second->nack().code(), "INVALID_EMIT");
  EXPECT_EQ(second->nack().message(), "refused by the test");
}

TEST_F(ServiceTest, SettlementRefusedForNowIsSentAgain) {
  Service service(Options());
  service.On("X", [](const Delivery&) { return Ack(); });
  ASSERT_TRUE(service.Start().ok());
  FakeSession session(broker_);
  session.SendOpened("t1");
  session.Deliver("d1", "X");
  ASSERT_TRUE(session.TakeSettlement());
  session.Refuse("d1", pavane::v1::OVERLOADED, 1);
  const auto second = session.TakeSettlement();
  ASSERT_TRUE(second);
  EXPECT_TRUE(second->has_ack());
}

TEST_F(ServiceTest, ExpiredLeaseOfASettlementIsLoggedAndForgotten) {
  Service service(DrainingOptions());
  service.On("X", [](const Delivery&) { return Ack(); });
  ASSERT_TRUE(service.Start().ok());
  FakeSession session(broker_);
  session.SendOpened("t1");
  session.Deliver("d1", "X", "seat/X");
  ASSERT_TRUE(session.TakeSettlement());
  session.Refuse("d1", pavane::v1::LEASE_EXPIRED);
  EXPECT_TRUE(Warned("LEASE_EXPIRED"));
  service.Stop();
  CloseDrained(session);
  EXPECT_TRUE(service.Wait().ok());
}

TEST_F(ServiceTest, PingIsAnswered) {
  Service service(Options());
  service.On("X", [](const Delivery&) { return Ack(); });
  ASSERT_TRUE(service.Start().ok());
  FakeSession session(broker_);
  session.SendOpened("t1");
  pavane::v1::SubscribeResponse ping;
  ping.mutable_ping()->set_nonce(77);
  session.Send(ping);
  EXPECT_EQ(session.TakePong(), 77u);
}

TEST_F(ServiceTest, MistakesInTheDeclarationsAreToldByStart) {
  const Handler ack = [](const Delivery&) { return Ack(); };
  Service twice(Options());
  twice.On("X", ack).On("X", ack);
  EXPECT_THAT(twice.Start().message, ::testing::HasSubstr("two rules are named 'X'"));
  ServiceOptions unnamed = Options();
  unnamed.name = "a b";
  Service badly_named(unnamed);
  EXPECT_THAT(badly_named.Start().message, ::testing::HasSubstr("ServiceOptions::name"));
  Service no_pattern(Options());
  no_pattern.OnAny({.name = "all"}, ack);
  EXPECT_THAT(no_pattern.Start().message, ::testing::HasSubstr("no pattern"));
}

}  // namespace
}  // namespace pavane
