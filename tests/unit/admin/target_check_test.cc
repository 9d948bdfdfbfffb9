#include "admin/target_check.h"

#include <functional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "event/reason.h"
#include "tests/support/status_matchers.h"

namespace pavane::admin {
namespace {

using pavane::admin::v1::Target;

TEST(TargetCheck, KnowsTheKindsOfAddresses) {
  for (const char* address : {"service:payment", "bus:audit", "grpc://localhost:7500",
                              "grpc://[::1]:1", "grpc+unix:/run/payment.sock"}) {
    EXPECT_OK(CheckTargetAddress(address)) << address;
  }
  for (const char* address : {"", "payment", "service:", "service:a b", "bus:", "grpc://host",
                              "grpc://:80", "grpc://host:0", "grpc://host:70000", "grpc://h/x:1",
                              "grpc+unix:relative", "grpc+unix:/", "mailto:x"}) {
    EXPECT_EQ(CheckTargetAddress(address).code(), absl::StatusCode::kInvalidArgument) << address;
  }
  EXPECT_EQ(CheckTargetAddress("https://x.example/").code(), absl::StatusCode::kUnimplemented);
}

TEST(TargetCheck, PoliciesHaveBounds) {
  struct Case {
    const char* name;
    std::function<void(Target&)> with;
    bool accepted;
  };
  const std::vector<Case> cases = {
      {"defaults", [](auto&) {}, true},
      {"185 retries", [](auto& t) { t.mutable_retry_policy()->set_retries_max(185); }, true},
      {"186 retries", [](auto& t) { t.mutable_retry_policy()->set_retries_max(186); }, false},
      {"age of a day",
       [](auto& t) { t.mutable_retry_policy()->mutable_age_max()->set_seconds(86'400); }, true},
      {"age of more",
       [](auto& t) { t.mutable_retry_policy()->mutable_age_max()->set_seconds(86'401); }, false},
      {"no age", [](auto& t) { t.mutable_retry_policy()->mutable_age_max(); }, false},
      {"factor 11", [](auto& t) { t.mutable_retry_policy()->set_backoff_factor(11); }, false},
      {"factor of no number",
       [](auto& t) { t.mutable_retry_policy()->set_backoff_factor(0.0 / 0.0); }, false},
      {"33 codes",
       [](auto& t) {
         for (int i = 0; i < 33; ++i) t.mutable_retry_policy()->add_non_retryable_codes("X");
       },
       false},
      {"lease of 0 s", [](auto& t) { t.mutable_lease_policy()->mutable_lease(); }, false},
      {"lease of a second",
       [](auto& t) { t.mutable_lease_policy()->mutable_lease()->set_seconds(1); }, true},
      {"ordered by key", [](auto& t) { t.mutable_ordering()->set_mode(pavane::v1::Ordering::KEY); },
       true},
      {"ordered by a path",
       [](auto& t) {
         t.mutable_ordering()->set_mode(pavane::v1::Ordering::KEY);
         t.mutable_ordering()->set_key_path("detail.order.id");
       },
       true},
      {"ordered by an element of an array",
       [](auto& t) {
         t.mutable_ordering()->set_mode(pavane::v1::Ordering::KEY);
         t.mutable_ordering()->set_key_path("detail.orders[0]");
       },
       false},
      {"batches of a dialled target",
       [](auto& t) {
         t.set_address("grpc://localhost:1");
         t.mutable_batch_policy()->set_size_max(1000);
         t.mutable_batch_policy()->mutable_wait_max()->set_seconds(300);
       },
       true},
      {"batches of a connected service",
       [](auto& t) { t.mutable_batch_policy()->set_size_max(10); }, false},
      {"a batch too large",
       [](auto& t) {
         t.set_address("grpc://localhost:1");
         t.mutable_batch_policy()->set_size_max(1001);
       },
       false},
      {"a window too long",
       [](auto& t) {
         t.set_address("grpc://localhost:1");
         t.mutable_batch_policy()->mutable_wait_max()->set_seconds(301);
       },
       false},
      {"a path without order", [](auto& t) { t.mutable_ordering()->set_key_path("detail.id"); },
       false},
      {"a mode of the future",
       [](auto& t) { t.mutable_ordering()->set_mode(static_cast<pavane::v1::Ordering::Mode>(9)); },
       false},
  };
  for (const Case& c : cases) {
    Target target;
    target.set_id("t");
    target.set_address("service:s");
    c.with(target);
    EXPECT_EQ(CheckTarget(target).ok(), c.accepted) << c.name << CheckTarget(target);
  }
}

}  // namespace
}  // namespace pavane::admin
