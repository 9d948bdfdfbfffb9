#include "rpc/grpc_status.h"

#include <gtest/gtest.h>

#include "event/reason.h"

namespace pavane::rpc {
namespace {

TEST(GrpcStatus, KeepsCodeAndMessage) {
  EXPECT_TRUE(ToGrpcStatus(absl::OkStatus(), nullptr).ok());
  const grpc::Status status = ToGrpcStatus(absl::NotFoundError("no such rule"), nullptr);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(status.error_message(), "no such rule");
  EXPECT_EQ(status.error_details(), "");
}

TEST(GrpcStatus, AReasonTravelsInTheDetails) {
  const grpc::Status status =
      ToGrpcStatus(event::Refused(absl::StatusCode::kResourceExhausted, pavane::v1::OVERLOADED,
                                  "later", absl::Milliseconds(200)),
                   nullptr);
  // google.rpc.Status: code, message, then two Any.
  const std::string details = status.error_details();
  EXPECT_EQ(details.substr(0, 9), std::string("\x08\x08\x12\x05later", 9));
  EXPECT_NE(details.find("type.googleapis.com/pavane.v1.Error"), std::string::npos);
  EXPECT_NE(details.find("type.googleapis.com/google.rpc.RetryInfo"), std::string::npos);
  // Its value: field 1 is a Duration with field 2 (nanos) of 200,000,000.
  EXPECT_NE(details.find("\x12\x07\x0a\x05\x10\x80\x84\xaf\x5f"), std::string::npos);
}

}  // namespace
}  // namespace pavane::rpc
