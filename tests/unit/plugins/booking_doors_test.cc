#include <memory>
#include <string>

#include "absl/time/time.h"
#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include "pavane/publisher.h"
#include "plugins/booking/booking_api.h"
#include "plugins/booking/booking_desk.h"
#include "plugins/booking/outbox_relay.h"
#include "tests/support/temp_dir.h"
#include "tests/unit/clients_cpp/fake_broker.h"

namespace pavane::booking {
namespace {

namespace pb = pavane::demo::booking::v1;
using pavane::testing::FakeBroker;
using Request = pavane::v1::PublishStreamRequest;
using Response = pavane::v1::PublishStreamResponse;

class BookingDoorsTest : public ::testing::Test {
 protected:
  BookingDoorsTest() {
    auto desk = BookingDesk::Open(dir_.File("booking.db"), [] { return absl::FromUnixSeconds(9); });
    EXPECT_TRUE(desk.ok()) << desk.status();
    desk_ = *std::move(desk);
    api_ = std::make_unique<BookingApi>(*desk_);
    grpc::ServerBuilder builder;
    builder.RegisterService(api_.get());
    server_ = builder.BuildAndStart();
    stub_ = pb::BookingService::NewStub(server_->InProcessChannel(grpc::ChannelArguments()));
  }
  ~BookingDoorsTest() override { server_->Shutdown(); }

  static pb::CreateBookingRequest MakeRequest(const std::string& id) {
    pb::CreateBookingRequest request;
    request.set_request_id(id);
    request.mutable_passenger()->set_name("Ada Byron");
    request.mutable_passenger()->set_email("ada@example.org");
    request.mutable_trip()->set_flight("PV101");
    request.mutable_trip()->set_date("2026-12-01");
    request.mutable_trip()->set_cabin("economy");
    request.set_amount_cents(45900);
    request.set_currency("EUR");
    request.mutable_card()->set_number("4242424242424242");
    request.mutable_card()->set_expiry("12/30");
    return request;
  }

  pb::Booking Create(const std::string& id = "r1") {
    grpc::ClientContext context;
    pb::CreateBookingResponse response;
    const grpc::Status status = stub_->CreateBooking(&context, MakeRequest(id), &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response.booking();
  }

  grpc::Status Cancel(const std::string& id) {
    grpc::ClientContext context;
    pb::CancelBookingRequest request;
    request.set_booking_id(id);
    pb::CancelBookingResponse response;
    return stub_->CancelBooking(&context, request, &response);
  }

  pb::ListBookingsResponse List(const pb::ListBookingsRequest& request) {
    grpc::ClientContext context;
    pb::ListBookingsResponse response;
    EXPECT_TRUE(stub_->ListBookings(&context, request, &response).ok());
    return response;
  }

  testing::TempDir dir_;
  std::unique_ptr<BookingDesk> desk_;
  std::unique_ptr<BookingApi> api_;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<pb::BookingService::Stub> stub_;
};

TEST_F(BookingDoorsTest, ABookingCanBeMadeAndRead) {
  const pb::Booking made = Create();
  grpc::ClientContext context;
  pb::GetBookingRequest request;
  request.set_booking_id(made.booking_id());
  pb::GetBookingResponse response;
  ASSERT_TRUE(stub_->GetBooking(&context, request, &response).ok());
  const pb::Booking& booking = response.booking();
  EXPECT_EQ(booking.SerializeAsString(), made.SerializeAsString());
  EXPECT_EQ(booking.state(), pb::PENDING);
  EXPECT_EQ(booking.passenger().name(), "Ada Byron");
  EXPECT_EQ(booking.trip().flight(), "PV101");
  EXPECT_EQ(booking.amount_cents(), 45900);
  EXPECT_EQ(booking.created_at().seconds(), 9);
}

TEST_F(BookingDoorsTest, MistakesHaveTheirStatus) {
  grpc::ClientContext create;
  pb::CreateBookingRequest bad = MakeRequest("r1");
  bad.clear_card();
  pb::CreateBookingResponse created;
  EXPECT_EQ(stub_->CreateBooking(&create, bad, &created).error_code(), grpc::INVALID_ARGUMENT);
  EXPECT_EQ(Cancel("NOBODY").error_code(), grpc::NOT_FOUND);
  grpc::ClientContext list;
  pb::ListBookingsRequest request;
  request.set_page_token("x");
  pb::ListBookingsResponse response;
  EXPECT_EQ(stub_->ListBookings(&list, request, &response).error_code(), grpc::INVALID_ARGUMENT);
}

TEST_F(BookingDoorsTest, ListsByPageAndState) {
  const std::string first = Create("r1").booking_id();
  const std::string second = Create("r2").booking_id();
  ASSERT_TRUE(Cancel(second).ok());
  pb::ListBookingsRequest request;
  request.set_page_size(1);
  pb::ListBookingsResponse page = List(request);
  ASSERT_EQ(page.bookings_size(), 1);
  EXPECT_EQ(page.bookings(0).booking_id(), first);
  request.set_page_token(page.next_page_token());
  page = List(request);
  ASSERT_EQ(page.bookings_size(), 1);
  EXPECT_EQ(page.bookings(0).booking_id(), second);
  pb::ListBookingsRequest cancelling;
  cancelling.set_state(pb::CANCELLING);
  EXPECT_EQ(List(cancelling).bookings_size(), 1);
}

// An answer to all entries of a request; `error_code` 0 accepts.
Response AnswerTo(const Request& request, int error_code = 0) {
  Response response;
  auto& answer = *response.add_answers();
  answer.set_request_id(request.request_id());
  for (const auto& entry : request.publish().entries()) {
    auto& result = *answer.add_results();
    if (error_code != 0) {
      result.mutable_error()->set_code(error_code);
      continue;
    }
    result.set_sequence(1);
    result.set_event_id(entry.event().id());
  }
  return response;
}

TEST_F(BookingDoorsTest, TheRelayPublishesUnderTheSameIdUntilTheBrokerAccepts) {
  FakeBroker broker;
  pavane::PublisherOptions options;
  options.address = broker.address();
  options.logger = [](pavane::LogLevel, std::string_view) {};
  pavane::Publisher publisher(options);
  const pb::Booking booking = Create();
  OutboxRelay relay(*desk_, publisher, std::chrono::milliseconds(1));

  const auto stream = broker.TakePublishStream();
  ASSERT_NE(stream, nullptr);
  const auto refused = stream->Take();
  ASSERT_TRUE(refused.has_value());
  EXPECT_EQ(refused->publish().entries(0).event().type(), "BookingCreated");
  EXPECT_EQ(refused->publish().entries(0).event().id(), booking.flow_id());
  EXPECT_EQ(desk_->Unpublished(10)->size(), 1u);
  stream->Send(AnswerTo(*refused, grpc::INVALID_ARGUMENT));

  const auto again = stream->Take();
  ASSERT_TRUE(again.has_value());
  EXPECT_EQ(again->publish().entries(0).event().id(), booking.flow_id());
  stream->Send(AnswerTo(*again));

  // A second event comes alone: the first has left the outbox.
  desk_->OnUnpublished([&relay] { relay.Wake(); });
  ASSERT_TRUE(Cancel(booking.booking_id()).ok());
  const auto next = stream->Take();
  ASSERT_TRUE(next.has_value());
  ASSERT_EQ(next->publish().entries_size(), 1);
  const auto& event = next->publish().entries(0).event();
  EXPECT_EQ(event.type(), "BookingCancellationRequested");
  EXPECT_EQ(event.attributes().at("correlationid").ce_string(), booking.flow_id());
  stream->Send(AnswerTo(*next));
  ASSERT_TRUE(publisher.Flush(std::chrono::seconds(20)));
}

}  // namespace
}  // namespace pavane::booking
