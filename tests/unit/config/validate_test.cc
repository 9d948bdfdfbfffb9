#include "config/validate.h"

#include <functional>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/status_matchers.h"

namespace pavane::config {
namespace {

using ::pavane::testing::StatusIs;
using ::testing::HasSubstr;

struct Contradiction {
  std::function<void(Config&)> make;
  std::string message;
};

TEST(Validate, TheDefaultsAreValid) { EXPECT_OK(Validate(Config())); }

TEST(Validate, OtherMachinesNeedInsecure) {
  Config config;
  config.http.listen = "0.0.0.0:7441";
  EXPECT_THAT(Validate(config),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("http.listen: 0.0.0.0:7441")));
  config.insecure = true;
  EXPECT_OK(Validate(config));
}

TEST(Validate, EachContradictionIsNamed) {
  const Contradiction cases[] = {
      {[](Config& c) { c.data_dir = ""; }, "data_dir"},
      {[](Config& c) { c.grpc.listen.clear(); }, "grpc.listen: at least one"},
      {[](Config& c) { c.grpc.listen = {"nowhere"}; }, "grpc.listen: expected host:port"},
      {[](Config& c) { c.http.listen = "unix:/x"; }, "http.listen: a unix socket"},
      {[](Config& c) { c.http.listen = "[::1]:1"; }, "http.listen: IPv6"},
      {[](Config& c) { c.limits.event_bytes_max = 5 << 20; }, "limits.batch_bytes_max"},
      {[](Config& c) { c.store.commit_bytes_max = 1 << 19; }, "store.commit_bytes_max"},
      {[](Config& c) { c.store.queue_bytes_max = 1 << 20; }, "store.queue_bytes_max"},
      {[](Config& c) { c.store.disk_floor_hard_bytes = 2ull << 30; }, "store.disk_floor_hard"},
      {[](Config& c) { c.delivery.lease_max = absl::Seconds(1); }, "delivery.lease_default"},
      {[](Config& c) { c.retry.backoff_initial = absl::Hours(1); }, "retry.backoff_initial"},
      {[](Config& c) {
         c.plugins = {{"../x", {"p"}, {}, ""}};
       },
       "plugins: name '../x'"},
      {[](Config& c) {
         c.plugins = {{".", {"p"}, {}, ""}};
       },
       "plugins: name '.'"},
      {[](Config& c) {
         c.plugins = {{"x", {}, {}, ""}};
       },
       "plugins: x: command is empty"},
      {[](Config& c) {
         c.plugins = {{"x", {"p"}, {}, ""}, {"x", {"p"}, {}, ""}};
       },
       "plugins: name 'x' is used twice"},
  };
  for (const Contradiction& contradiction : cases) {
    Config config;
    contradiction.make(config);
    EXPECT_THAT(Validate(config),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(contradiction.message)));
  }
}

}  // namespace
}  // namespace pavane::config
