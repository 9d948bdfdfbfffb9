#include "admin/bus_admin.h"

#include <string>

#include <gtest/gtest.h>

#include "event/reason.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/event/event_builder.h"
#include "tests/unit/ingress/stations.h"

namespace pavane::admin {
namespace {

using pavane::admin::v1::DeleteBusResponse;
using pavane::admin::v1::PutBusRequest;
using pavane::admin::v1::PutBusResponse;
using ::pavane::testing::Await;
using ::pavane::testing::MakeEvent;
using ::pavane::testing::Stations;

absl::StatusOr<PutBusResponse> Put(Stations& broker, const PutBusRequest& request) {
  return Await<absl::StatusOr<PutBusResponse>>(
      [&](auto done) { broker.buses->Put(request, done); });
}

absl::StatusOr<DeleteBusResponse> Delete(Stations& broker, const std::string& name, bool discard) {
  pavane::admin::v1::DeleteBusRequest request;
  request.set_name(name);
  request.set_discard(discard);
  return Await<absl::StatusOr<DeleteBusResponse>>(
      [&](auto done) { broker.buses->Delete(request, done); });
}

TEST(BusAdmin, DefaultIsThereFromTheStart) {
  Stations broker;
  ASSERT_OK_AND_ASSIGN(const auto response, broker.buses->Get({}));
  EXPECT_EQ(response.bus().name(), "default");
  EXPECT_TRUE(response.bus().has_created_at());
}

TEST(BusAdmin, PutOfAnExistingNameChangesItInPlace) {
  Stations broker;
  PutBusRequest request;
  request.mutable_bus()->set_name("audit");
  ASSERT_OK_AND_ASSIGN(PutBusResponse response, Put(broker, request));
  EXPECT_TRUE(response.created());
  const BusId id = broker.rules.snapshot()->catalog().FindBus("audit")->id;
  request.mutable_bus()->set_description("for the auditors");
  ASSERT_OK_AND_ASSIGN(response, Put(broker, request));
  EXPECT_FALSE(response.created());
  EXPECT_EQ(response.bus().description(), "for the auditors");
  EXPECT_EQ(broker.rules.snapshot()->catalog().FindBus("audit")->id, id);
}

TEST(BusAdmin, DeduplicationFollowsTheBusSettings) {
  Stations broker;
  PutBusRequest request;
  request.mutable_bus()->set_name("default");
  request.mutable_bus()->mutable_dedup_window();  // zero: off
  ASSERT_OK(Put(broker, request).status());
  broker.PublishOne(MakeEvent());
  EXPECT_FALSE(broker.PublishOne(MakeEvent()).duplicate());
}

TEST(BusAdmin, RefusesBadSettings) {
  Stations broker;
  PutBusRequest request;
  request.mutable_bus()->set_name("audit");
  request.mutable_bus()->mutable_retention()->set_seconds(0);
  EXPECT_EQ(event::ReasonOf(Put(broker, request).status()), pavane::v1::INVALID_POLICY);
  request.mutable_bus()->clear_retention();
  request.mutable_bus()->set_retention_bytes_max(1);
  EXPECT_EQ(event::ReasonOf(Put(broker, request).status()), pavane::v1::INVALID_POLICY);
  request.mutable_bus()->set_retention_bytes_max(1 << 20);
  EXPECT_OK(Put(broker, request).status());
}

TEST(BusAdmin, ThereIsALimit) {
  config::Config config;
  config.limits.buses_max = 2;
  Stations broker(config);
  ASSERT_OK(broker.PutBus("second"));
  EXPECT_EQ(event::ReasonOf(broker.PutBus("third")), pavane::v1::TOO_MANY);
  EXPECT_EQ(broker.metrics.limit_hits.With({metrics::kLimitBuses}).value(), 1u);
}

TEST(BusAdmin, DeletionIsRefusedWhileDeliveriesAreUnsettled) {
  Stations broker;
  ASSERT_OK(broker.PutBus("audit"));
  ASSERT_OK(broker.PutRule("r", R"({"source":["shop"]})", {"service:s"}, "audit").status());
  broker.PublishOne(MakeEvent(), "audit");
  EXPECT_EQ(event::ReasonOf(Delete(broker, "audit", false).status()), pavane::v1::HAS_UNSETTLED);
  ASSERT_OK_AND_ASSIGN(const DeleteBusResponse response, Delete(broker, "audit", true));
  EXPECT_EQ(response.discarded_deliveries(), 1u);
  EXPECT_EQ(broker.rules.snapshot()->catalog().rule_count(), 0u);
  EXPECT_EQ(event::ReasonOf(Delete(broker, "audit", true).status()), pavane::v1::UNKNOWN_BUS);
}

TEST(BusAdmin, DefaultCannotBeDeleted) {
  Stations broker;
  EXPECT_EQ(Delete(broker, "default", true).status().code(), absl::StatusCode::kFailedPrecondition);
}

TEST(BusAdmin, TheSameNameAgainIsAnotherBus) {
  Stations broker;
  ASSERT_OK(broker.PutBus("audit"));
  const BusId id = broker.rules.snapshot()->catalog().FindBus("audit")->id;
  ASSERT_OK(Delete(broker, "audit", false).status());
  ASSERT_OK(broker.PutBus("audit"));
  EXPECT_GT(broker.rules.snapshot()->catalog().FindBus("audit")->id, id);
}

TEST(BusAdmin, ListsInPages) {
  Stations broker;
  for (const char* name : {"c", "a", "b"}) ASSERT_OK(broker.PutBus(name));
  pavane::admin::v1::ListBusesRequest request;
  request.set_page_size(2);
  std::string names;
  do {
    ASSERT_OK_AND_ASSIGN(const auto page, broker.buses->List(request));
    for (const auto& bus : page.buses()) names += bus.name() + " ";
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  EXPECT_EQ(names, "a b c default ");
}

}  // namespace
}  // namespace pavane::admin
