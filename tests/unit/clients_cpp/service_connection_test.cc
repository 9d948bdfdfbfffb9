// What a service does when its stream breaks, is refused, falls silent or is drained.
#include <signal.h>

#include <string>
#include <thread>

#include "pavane/service.h"
#include "tests/unit/clients_cpp/service_fixture.h"

namespace pavane {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::CloseDrained;
using testing::FakeSession;
using testing::Gate;
using testing::kBound;
using testing::Mailbox;

class ServiceConnectionTest : public testing::ServiceFixture {
 protected:
  static Result AckAll(const Delivery&) { return Ack(); }
};

TEST_F(ServiceConnectionTest, WaitConnectedReturnsOnceOpened) {
  Service service(Options());
  service.On("X", AckAll);
  ASSERT_TRUE(service.Start().ok());
  EXPECT_FALSE(service.WaitConnected(milliseconds(1)));
  FakeSession session(broker_);
  session.SendOpened("t1");
  EXPECT_TRUE(service.WaitConnected(kBound));
  EXPECT_TRUE(service.connected());
}

TEST_F(ServiceConnectionTest, ResumeTokenAndUnansweredSettlementAreSentAfterABreak) {
  Service service(Options());
  service.On("X", [](const Delivery&) { return Ack({Event("A")}); });
  ASSERT_TRUE(service.Start().ok());
  FakeSession broken(broker_);
  broken.SendOpened("t1");
  broken.Deliver("d1", "X");
  const auto first = broken.TakeSettlement();
  ASSERT_TRUE(first);
  broken.Break();
  FakeSession session(broker_);
  EXPECT_EQ(session.open().resume_token(), "t1");
  session.SendOpened("t2", {"d1"});
  const auto again = session.TakeSettlement();
  ASSERT_TRUE(again);
  EXPECT_EQ(again->SerializeAsString(), first->SerializeAsString());
  session.Accept(*again);
  session.Break();
  FakeSession third(broker_);
  EXPECT_EQ(third.open().resume_token(), "t2");
}

TEST_F(ServiceConnectionTest, HandlerThatOutlivesABreakSettlesOnTheNewStream) {
  Gate started;
  Gate go;
  Service service(Options());
  service.On("X", [&](const Delivery& delivery) {
    started.Open();
    EXPECT_TRUE(go.Wait());
    EXPECT_FALSE(delivery.lease_lost());
    return Ack();
  });
  ASSERT_TRUE(service.Start().ok());
  FakeSession broken(broker_);
  broken.SendOpened("t1");
  broken.Deliver("d1", "X");
  ASSERT_TRUE(started.Wait());
  broken.Break();
  FakeSession session(broker_);
  EXPECT_EQ(session.open().credit().messages(), 3u) << "one of four is in use";
  session.SendOpened("t2", {"d1"});
  EXPECT_TRUE(session.TakeExtend()) << "to learn the lease's new end";
  go.Open();
  const auto settlement = session.TakeSettlement();
  ASSERT_TRUE(settlement);
  EXPECT_EQ(settlement->delivery_id(), "d1");
}

TEST_F(ServiceConnectionTest, WaitingDeliveryThatWasNotResumedIsNotRun) {
  Mailbox<std::string> started;
  Gate go;
  ServiceOptions options = Options();
  options.concurrency = 1;
  Service service(options);
  service.On("X", [&](const Delivery& delivery) {
    started.Put(std::string(delivery.event().id()));
    EXPECT_TRUE(go.Wait());
    return Ack();
  });
  ASSERT_TRUE(service.Start().ok());
  FakeSession broken(broker_);
  broken.SendOpened("t1");
  broken.Deliver("d1", "X");
  broken.Deliver("d2", "X");
  ASSERT_EQ(started.Take(), "d1");
  ASSERT_TRUE(service.WaitConnected(kBound));
  broken.Break();
  FakeSession session(broker_);
  session.SendOpened("t2", {"d1"});
  session.Deliver("d3", "X");
  go.Open();
  EXPECT_EQ(started.Take(), "d3") << "d2 comes again from the broker, with a new lease";
}

TEST_F(ServiceConnectionTest, LeaseResumedForADeliveryThatNeverArrivedIsReleased) {
  Service service(Options());
  service.On("X", AckAll);
  ASSERT_TRUE(service.Start().ok());
  FakeSession broken(broker_);
  broken.SendOpened("t1");
  ASSERT_TRUE(service.WaitConnected(kBound));
  broken.Break();
  FakeSession session(broker_);
  session.SendOpened("t2", {"lost-on-the-way"});
  const auto settlement = session.TakeSettlement();
  ASSERT_TRUE(settlement);
  EXPECT_EQ(settlement->delivery_id(), "lost-on-the-way");
  EXPECT_TRUE(settlement->has_release());
}

TEST_F(ServiceConnectionTest, FirstOpeningRefusedForGoodEndsRun) {
  Service service(Options());
  service.On("X", AckAll);
  std::thread broker([&] {
    FakeSession session(broker_);
    pavane::v1::Error conflict;
    conflict.set_code(9);
    conflict.set_reason(pavane::v1::RULE_SET_CONFLICT);
    conflict.set_message("other rules as version 1");
    session.Refuse(conflict);
  });
  const Error error = service.Run();
  broker.join();
  EXPECT_EQ(error.code, 9) << "FAILED_PRECONDITION";
  EXPECT_EQ(error.reason, pavane::v1::RULE_SET_CONFLICT);
  EXPECT_THAT(error.message, ::testing::HasSubstr("other rules as version 1"));
  EXPECT_THAT(error.message, ::testing::HasSubstr("raise ServiceOptions::rule_set_version"));
}

TEST_F(ServiceConnectionTest, LaterRefusalIsTriedAgain) {
  Service service(Options());
  service.On("X", AckAll);
  ASSERT_TRUE(service.Start().ok());
  FakeSession first(broker_);
  first.SendOpened("t1");
  ASSERT_TRUE(service.WaitConnected(kBound));
  first.Break();
  FakeSession refused(broker_);
  refused.Close(grpc::Status(grpc::StatusCode::NOT_FOUND, "no such session"));
  FakeSession session(broker_);
  EXPECT_EQ(session.open().resume_token(), "") << "the session may have been the reason";
}

TEST_F(ServiceConnectionTest, SilentBrokerIsAskedAndThenGivenUp) {
  testing::ManualClock clock;
  ServiceOptions options = Options();
  options.keepalive = seconds(10);
  Service service(options, clock);
  service.On("X", AckAll);
  ASSERT_TRUE(service.Start().ok());
  const auto silent = broker_.TakeSubscription();
  ASSERT_NE(silent, nullptr);
  ASSERT_TRUE(silent->Take());
  pavane::v1::SubscribeResponse opened;
  opened.mutable_opened();
  silent->Send(opened);
  ASSERT_TRUE(service.WaitConnected(kBound));
  ASSERT_TRUE(clock.AdvanceToNextDeadline(seconds(10)));
  const auto ping = silent->Take();
  ASSERT_TRUE(ping);
  EXPECT_TRUE(ping->has_ping());
  ASSERT_TRUE(clock.AdvanceToNextDeadline(seconds(10)));
  EXPECT_TRUE(silent->WaitHalfClosed());
}

TEST_F(ServiceConnectionTest, StopDrainsRunningFinishAndWaitingAreReleased) {
  Mailbox<std::string> started;
  Gate go;
  ServiceOptions options = DrainingOptions();
  options.concurrency = 1;
  Service service(options);
  service.On("X", [&](const Delivery& delivery) {
    started.Put(std::string(delivery.event().id()));
    EXPECT_TRUE(go.Wait());
    return Ack();
  });
  ASSERT_TRUE(service.Start().ok());
  FakeSession session(broker_);
  session.SendOpened("t1");
  session.Deliver("d1", "X");
  session.Deliver("d2", "X");
  ASSERT_EQ(started.Take(), "d1");
  service.Stop();
  ASSERT_TRUE(session.TakeDrain());
  // Was on its way before the broker saw the drain.
  session.Deliver("d3", "X");
  for (const char* id : {"d2", "d3"}) {
    const auto released = session.TakeSettlement();
    ASSERT_TRUE(released);
    EXPECT_EQ(released->delivery_id(), id);
    EXPECT_TRUE(released->has_release());
    session.Accept(*released);
  }
  go.Open();
  const auto last = session.TakeSettlement();
  ASSERT_TRUE(last);
  EXPECT_EQ(last->delivery_id(), "d1");
  EXPECT_TRUE(last->has_ack());
  session.Accept(*last);
  EXPECT_TRUE(session.WaitHalfClosed());
  session.Close(grpc::Status::OK);
  EXPECT_TRUE(service.Wait().ok());
  EXPECT_TRUE(started.empty()) << "d2 and d3 were not run";
}

TEST_F(ServiceConnectionTest, HandlerMayStopTheService) {
  Service service(DrainingOptions());
  service.On("X", [&](const Delivery&) {
    service.Stop();
    return Ack();
  });
  std::thread broker([&] {
    FakeSession session(broker_);
    session.SendOpened("t1");
    session.Deliver("d1", "X");
    const auto settlement = session.TakeSettlement();
    ASSERT_TRUE(settlement);
    session.Accept(*settlement);
    CloseDrained(session);
  });
  EXPECT_TRUE(service.Run().ok());
  broker.join();
}

TEST_F(ServiceConnectionTest, DrainThatTakesTooLongLosesResultsAndSaysSo) {
  testing::ManualClock clock;
  Gate started;
  Gate go;
  ServiceOptions options = Options();
  options.drain_timeout = seconds(5);
  Service service(options, clock);
  service.On("X", [&](const Delivery&) {
    started.Open();
    EXPECT_TRUE(go.Wait());
    return Ack();
  });
  ASSERT_TRUE(service.Start().ok());
  FakeSession session(broker_);
  session.SendOpened("t1");
  session.Deliver("d1", "X");
  ASSERT_TRUE(started.Wait());
  service.Stop();
  ASSERT_TRUE(session.TakeDrain());
  ASSERT_TRUE(clock.AdvanceToNextDeadline(seconds(5)));
  EXPECT_TRUE(Warned("drain timed out"));
  go.Open();
  EXPECT_EQ(service.Wait().code, 4) << "DEADLINE_EXCEEDED";
}

TEST_F(ServiceConnectionTest, StopEndsAServiceThatNeverReachedItsBroker) {
  ServiceOptions options = DrainingOptions();
  options.address = "127.0.0.1:1";
  Service service(options);
  service.On("X", AckAll);
  ASSERT_TRUE(service.Start().ok());
  EXPECT_TRUE(Warned("connection to 127.0.0.1:1 lost"));
  service.Stop();
  EXPECT_TRUE(service.Wait().ok());
}

TEST_F(ServiceConnectionTest, SigtermDrainsRun) {
  ServiceOptions options = DrainingOptions();
  options.handle_signals = true;
  Service service(options);
  service.On("X", AckAll);
  std::thread broker([&] {
    FakeSession session(broker_);
    session.SendOpened("t1");
    session.Deliver("d1", "X");
    const auto settlement = session.TakeSettlement();
    ASSERT_TRUE(settlement);
    // The handler has run, so Run is waiting for the signal, or will.
    ::kill(::getpid(), SIGTERM);
    session.Accept(*settlement);
    CloseDrained(session);
  });
  EXPECT_TRUE(service.Run().ok());
  broker.join();
}

}  // namespace
}  // namespace pavane
