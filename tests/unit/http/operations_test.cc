#include "http/operations.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/status_matchers.h"
#include "tests/unit/http/http_client.h"

namespace pavane::http {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class OperationsTest : public ::testing::Test {
 protected:
  std::string Get(const std::string& path) { return Request(server_->port(), "GET", path); }

  metrics::Registry registry_;
  absl::Status ready_;
  std::unique_ptr<HttpServer> server_ =
      *HttpServer::Start({}, OperationsRoutes(registry_, [this] { return ready_; }));
};

TEST_F(OperationsTest, MetricsAreInPrometheusTextFormat) {
  registry_.AddCounter("a_total", "A.").Add(3);
  EXPECT_THAT(Get("/metrics"),
              AllOf(HasSubstr("Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n"),
                    EndsWith("# TYPE a_total counter\na_total 3\n")));
}

TEST_F(OperationsTest, HealthzDoesNotAskForReadiness) {
  ready_ = absl::UnavailableError("draining");
  EXPECT_THAT(Get("/healthz"), StartsWith("HTTP/1.1 200 "));
}

TEST_F(OperationsTest, ReadyzTellsTheReason) {
  EXPECT_THAT(Get("/readyz"), AllOf(StartsWith("HTTP/1.1 200 "), EndsWith("ready\n")));
  ready_ = absl::UnavailableError("disk below its floor");
  EXPECT_THAT(Get("/readyz"), AllOf(StartsWith("HTTP/1.1 503 Service Unavailable\r\n"),
                                    EndsWith("\r\n\r\nnot ready: disk below its floor\n")));
}

}  // namespace
}  // namespace pavane::http
