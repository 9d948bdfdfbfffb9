#include "tests/crash/broker/failure_watch.h"

#include "pavane/admin/v1/system.grpc.pb.h"
#include "tests/crash/broker/repeat_call.h"

namespace pavane::crash {
namespace {

constexpr std::chrono::milliseconds kFailurePause(25);

}  // namespace

FailureWatch::FailureWatch(const Daemon& daemon, const CrashService& worker,
                           const std::string& log_path)
    : Party(daemon, log_path), worker_(worker) {
  Start();
}

void FailureWatch::Run() {
  auto stub = pavane::admin::v1::SystemAdmin::NewStub(daemon_.Connect());
  while (!stop_) {
    uint64_t accepted = 0;
    pavane::admin::v1::ListTargetStatsResponse stats;
    RepeatCall([&](grpc::ClientContext& context) {
      accepted = worker_.rejects_accepted();
      stats.Clear();
      return stub->ListTargetStats(&context, {}, &stats);
    });
    for (const pavane::admin::v1::TargetStats& target : stats.targets()) {
      if (target.rule() != "work") continue;
      log_.Write({"failed", std::to_string(target.failed_invocations()), std::to_string(accepted)});
    }
    Pause(kFailurePause);
  }
}

}  // namespace pavane::crash
