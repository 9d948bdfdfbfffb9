// Nothing of a plugin outlives the broker, nor its guard.
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "metrics/registry.h"
#include "supervision/file_descriptor.h"
#include "supervision/supervisor.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"
#include "tests/unit/supervision/broker_to_kill.h"
#include "tests/unit/supervision/log_capture.h"

namespace pavane::supervision {

int RunBrokerToKill(const char* lock_dir, const char* script) {
  metrics::Registry registry;
  Supervisor::Options options;
  options.lock_dir = lock_dir;
  Supervisor supervisor(options, {{"victim", {"sh", "-c", script}, {}, ""}}, SystemClock::Get(),
                        SystemRandom::Get(), registry.Counters("r_total", "R.", {"plugin"}));
  if (!supervisor.Start().ok()) return 1;
  for (;;) pause();
}

namespace {

using ::pavane::testing::TempDir;
using ::testing::HasSubstr;

// Watches a process by a descriptor that cannot come to mean another one.
class Watched {
 public:
  explicit Watched(pid_t pid) : pid_(pid), fd_(syscall(SYS_pidfd_open, pid, 0)) {}

  bool Lives() const { return fd_.is_open() && !Ended(0); }
  bool EndsSoon() const { return !fd_.is_open() || Ended(10'000); }
  pid_t pid() const { return pid_; }

 private:
  bool Ended(int timeout_ms) const {
    pollfd fd = {fd_.get(), POLLIN, 0};
    return poll(&fd, 1, timeout_ms) == 1;
  }

  pid_t pid_;
  FileDescriptor fd_;
};

pid_t ParentOf(pid_t pid) {
  std::ifstream in(absl::StrCat("/proc/", pid, "/stat"));
  std::string number, command, state;
  pid_t parent = 0;
  in >> number >> command >> state >> parent;
  return parent;
}

std::string CommandOf(pid_t pid) {
  std::string command;
  std::getline(std::ifstream(absl::StrCat("/proc/", pid, "/comm")), command);
  return command;
}

class BrokerDeathTest : public ::testing::Test {
 protected:
  // A plugin with a child in its group, and a child and grandchild in a session of their own. It
  // tells their ids, its own first, through a fifo, which also says that all of them run.
  std::string Script() const {
    return absl::StrCat("sleep 1000 & a=$!; setsid sh ", inner_, " > ", inner_,
                        ".ids & read b c < ", inner_, ".ids; echo $$ $a $b $c > ", fifo_, "; wait");
  }

  void SetUp() override {
    ASSERT_EQ(mkfifo(fifo_.c_str(), 0600), 0);
    ASSERT_EQ(mkfifo((inner_ + ".ids").c_str(), 0600), 0);
    std::ofstream(inner_) << "sleep 1000 & echo $$ $!; wait\n";
  }

  // Blocks until the plugin has written: its own id first.
  std::vector<pid_t> ReadIds() {
    std::ifstream in(fifo_);
    std::vector<pid_t> ids;
    pid_t id;
    while (in >> id) ids.push_back(id);
    return ids;
  }

  pid_t StartBroker() {
    std::string flag = kBrokerFlag, dir = folder_.path(), script = Script(), name = "broker";
    char* argv[] = {name.data(), flag.data(), dir.data(), script.data(), nullptr};
    pid_t pid = 0;
    EXPECT_EQ(posix_spawn(&pid, "/proc/self/exe", nullptr, nullptr, argv, environ), 0);
    return pid;
  }

  TempDir folder_;
  std::string fifo_ = folder_.File("ids");
  std::string inner_ = folder_.File("inner.sh");
};

TEST_F(BrokerDeathTest, PluginChildrenAndGrandchildrenDieWithAKilledBroker) {
  pid_t broker = StartBroker();
  std::vector<pid_t> ids = ReadIds();
  ASSERT_EQ(ids.size(), 4u);
  std::vector<Watched> processes;
  for (pid_t id : ids) processes.emplace_back(id);
  Watched guard(ParentOf(ids[0]));
  for (const Watched& process : processes) EXPECT_TRUE(process.Lives()) << process.pid();
  EXPECT_EQ(CommandOf(guard.pid()), "pavane-guard");

  ASSERT_EQ(kill(broker, SIGKILL), 0);
  waitpid(broker, nullptr, 0);

  for (const Watched& process : processes) EXPECT_TRUE(process.EndsSoon()) << process.pid();
  EXPECT_TRUE(guard.EndsSoon());
}

TEST_F(BrokerDeathTest, ARestartedBrokerMeetsNoOrphans) {
  pid_t broker = StartBroker();
  std::vector<pid_t> old_ids = ReadIds();
  ASSERT_EQ(old_ids.size(), 4u);
  std::vector<Watched> old;
  for (pid_t id : old_ids) old.emplace_back(id);
  ASSERT_EQ(kill(broker, SIGKILL), 0);
  pid_t next = StartBroker();
  // The new plugin runs only when nothing of the old one is left: no waiting here.
  std::vector<pid_t> new_ids = ReadIds();
  for (const Watched& process : old) EXPECT_FALSE(process.Lives()) << process.pid();
  EXPECT_EQ(new_ids.size(), 4u);
  waitpid(broker, nullptr, 0);
  kill(next, SIGKILL);
  waitpid(next, nullptr, 0);
  for (pid_t id : new_ids) EXPECT_TRUE(Watched(id).EndsSoon());
}

TEST_F(BrokerDeathTest, WithAKilledGuardTheRestWaitsForTheGrandchildren) {
  LogCapture log;
  metrics::Registry registry;
  Supervisor::Options options;
  options.lock_dir = folder_.path();
  options.lock_wait = absl::ZeroDuration();
  options.restart.initial = absl::Milliseconds(20);
  options.restart.factor = 1;
  Supervisor supervisor(options, {{"victim", {"sh", "-c", Script()}, {}, ""}}, SystemClock::Get(),
                        SystemRandom::Get(), registry.Counters("r_total", "R.", {"plugin"}));
  ASSERT_OK(supervisor.Start());
  std::vector<pid_t> ids = ReadIds();
  ASSERT_EQ(ids.size(), 4u);
  Watched plugin(ids[0]), grandchild(ids[3]);

  ASSERT_EQ(kill(ParentOf(ids[0]), SIGKILL), 0);
  EXPECT_TRUE(plugin.EndsSoon());  // by PR_SET_PDEATHSIG
  EXPECT_THAT(log.Await("plugin ended"), HasSubstr("its guard was killed"));
  // The others live on and hold the lock, so no second plugin is started beside them.
  const std::string refused = log.Await("plugin ended");
  EXPECT_THAT(refused, HasSubstr("still locked"));
  EXPECT_THAT(refused, HasSubstr(absl::StrCat(ids[2], " (sh)")));
  for (const pid_t id : {ids[1], ids[3]}) EXPECT_THAT(refused, HasSubstr(absl::StrCat(id, " (")));
  EXPECT_TRUE(grandchild.Lives());
  for (size_t i = 1; i < ids.size(); ++i) kill(ids[i], SIGKILL);
  EXPECT_NE(log.Await("plugin started"), "");
  EXPECT_EQ(ReadIds().size(), 4u);
}

}  // namespace
}  // namespace pavane::supervision
