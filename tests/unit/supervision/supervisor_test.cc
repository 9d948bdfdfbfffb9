#include "supervision/supervisor.h"

#include <fcntl.h>
#include <sys/file.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "metrics/registry.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"
#include "tests/unit/supervision/log_capture.h"

namespace pavane::supervision {
namespace {

using ::pavane::testing::StatusIs;
using ::pavane::testing::TempDir;
using ::testing::AllOf;
using ::testing::HasSubstr;

config::PluginConfig Shell(const std::string& name, const std::string& script) {
  return {name, {"sh", "-c", script}, {}, ""};
}

class SupervisorTest : public ::testing::Test {
 protected:
  SupervisorTest() {
    options_.lock_dir = folder_.File("locks");
    options_.grpc_address = "127.0.0.1:12345";
    options_.restart.initial = absl::Milliseconds(10);
    options_.restart.max = absl::Milliseconds(20);
  }

  void Start(std::vector<config::PluginConfig> plugins) {
    supervisor_ = std::make_unique<Supervisor>(options_, plugins, SystemClock::Get(),
                                               SystemRandom::Get(), restarts_);
    ASSERT_OK(supervisor_->Start());
  }

  LogCapture log_;
  TempDir folder_;
  metrics::Registry registry_;
  metrics::CounterFamily& restarts_ = registry_.Counters("restarts_total", "R.", {"plugin"});
  Supervisor::Options options_;
  std::unique_ptr<Supervisor> supervisor_;
};

TEST_F(SupervisorTest, LinesOfBothOutputsGoToTheLogWithThePluginsName) {
  Start({Shell("talker", "echo hello; echo oops >&2; exec sleep 1000")});
  EXPECT_THAT(log_.Await("hello"), HasSubstr("plugin=talker"));
  EXPECT_THAT(log_.Await("oops"), HasSubstr("plugin=talker"));
}

TEST_F(SupervisorTest, APluginKnowsAddressAndNameAndItsOwnVariables) {
  config::PluginConfig plugin = Shell(
      "p", "echo \"address=$PAVANE_GRPC_ADDRESS name=$PAVANE_PLUGIN_NAME x=$X\"; pwd; sleep 1000");
  plugin.environment = {{"X", "a b"}};
  plugin.working_dir = folder_.path();
  Start({plugin});
  EXPECT_THAT(log_.Await("address="), HasSubstr("address=127.0.0.1:12345 name=p x=a b"));
  EXPECT_NE(log_.Await(folder_.path()), "");
}

TEST_F(SupervisorTest, AnEndedPluginIsStartedAgainAndCounted) {
  Start({Shell("short", "exit 3")});
  EXPECT_THAT(log_.Await("plugin ended"), HasSubstr("exit code 3"));
  EXPECT_NE(log_.Await("plugin started"), "");
  EXPECT_NE(log_.Await("plugin ended"), "");
  supervisor_->Stop();
  PluginStatus status = supervisor_->Plugins()[0];
  EXPECT_EQ(status.name, "short");
  EXPECT_EQ(status.pid, 0);
  EXPECT_GE(status.restarts, 1u);
  EXPECT_EQ(restarts_.With({"short"}).value(), status.restarts);
  EXPECT_EQ(status.last_exit, "exit code 3");
}

TEST_F(SupervisorTest, ACrashIsToldWithItsSignal) {
  Start({Shell("crash", "kill -SEGV $$")});
  EXPECT_THAT(log_.Await("plugin ended"), HasSubstr("killed by signal 11"));
}

TEST_F(SupervisorTest, AProgramThatIsMissingIsTold) {
  Start({{"none", {"/nowhere/program"}, {}, ""}});
  EXPECT_THAT(log_.Await("plugin ended"),
              HasSubstr("cannot start /nowhere/program: No such file or directory"));
  EXPECT_NE(log_.Await("plugin ended"), "");  // and tried again
}

TEST_F(SupervisorTest, AnOrdinaryRunHasNoRestarts) {
  Start({Shell("fine", "echo up; exec sleep 1000")});
  EXPECT_NE(log_.Await("plugin started"), "");
  EXPECT_NE(log_.Await("up"), "");
  EXPECT_EQ(restarts_.With({"fine"}).value(), 0u);
}

TEST_F(SupervisorTest, StopAsksFirst) {
  Start({Shell("polite", "trap 'echo bye; exit 0' TERM; echo up; while :; do sleep 0.01; done")});
  EXPECT_NE(log_.Await("up"), "");
  supervisor_->Stop();
  EXPECT_NE(log_.Await("bye"), "");
  EXPECT_THAT(log_.Await("plugin stopped"), HasSubstr("exit code 0"));
  EXPECT_EQ(supervisor_->Plugins()[0].pid, 0);
}

TEST_F(SupervisorTest, StopKillsWhatDoesNotListen) {
  options_.stop_limit = absl::Milliseconds(50);
  Start({Shell("deaf", "trap '' TERM; echo up; while :; do sleep 0.01; done")});
  EXPECT_NE(log_.Await("up"), "");
  supervisor_->Stop();
  EXPECT_THAT(log_.Await("plugin stopped"), HasSubstr("killed by signal 9"));
}

TEST_F(SupervisorTest, StopEndsAPluginThatHasJustBeenSpawned) {
  for (int i = 0; i < 10; ++i) {
    Start({Shell("new", "exec sleep 1000")});
    supervisor_->Stop();
    EXPECT_EQ(supervisor_->Plugins()[0].pid, 0);
  }
}

TEST_F(SupervisorTest, APluginWaitsForTheLockOfAnEarlierRun) {
  options_.lock_wait = absl::ZeroDuration();
  std::string path = folder_.File("p.lock");
  options_.lock_dir = folder_.path();
  int lock = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  ASSERT_EQ(flock(lock, LOCK_EX), 0);
  Start({Shell("p", "echo up; exec sleep 1000")});
  EXPECT_THAT(log_.Await("plugin ended"), AllOf(HasSubstr(path), HasSubstr("still locked"),
                                                HasSubstr(absl::StrCat(getpid(), " ("))));
  close(lock);
  EXPECT_NE(log_.Await("up"), "");
}

TEST_F(SupervisorTest, PluginsDoNotDisturbEachOther) {
  Start({Shell("bad", "exit 1"), Shell("good", "echo up; exec sleep 1000")});
  EXPECT_THAT(log_.Await("up"), HasSubstr("plugin=good"));
  EXPECT_THAT(log_.Await("plugin ended"), HasSubstr("plugin=bad"));
  supervisor_->Stop();
  EXPECT_EQ(supervisor_->Plugins()[1].restarts, 0u);
}

TEST_F(SupervisorTest, AFolderThatCannotBeMadeIsToldAtStart) {
  options_.lock_dir = "/proc/locks";
  Supervisor supervisor(options_, {Shell("p", "exit")}, SystemClock::Get(), SystemRandom::Get(),
                        restarts_);
  EXPECT_THAT(supervisor.Start(),
              StatusIs(absl::StatusCode::kUnavailable, HasSubstr("/proc/locks")));
}

}  // namespace
}  // namespace pavane::supervision
