#include "base/thread.h"

#include <pthread.h>

#include <atomic>
#include <memory>
#include <string>

#include <gtest/gtest.h>

namespace pavane {
namespace {

TEST(Thread, HasItsNameCutToWhatTheKernelKeeps) {
  std::string name;
  Thread thread("delivery-loop-12", [&] {
    char buffer[32];
    pthread_getname_np(pthread_self(), buffer, sizeof(buffer));
    name = buffer;
  });
  thread.Join();
  EXPECT_EQ(name, "delivery-loop-1");
}

TEST(Thread, DestructionJoins) {
  std::atomic<bool> done{false};
  {
    Thread thread("worker", [&, owned = std::make_unique<int>(1)] { done = *owned == 1; });
  }
  EXPECT_TRUE(done);
}

TEST(Thread, AssignmentJoinsTheOldOne) {
  std::atomic<bool> first{false};
  std::atomic<bool> second{false};
  Thread thread("first", [&] { first = true; });
  thread = Thread("second", [&] { second = true; });
  EXPECT_TRUE(first);
  thread.Join();
  thread.Join();
  EXPECT_TRUE(second);
}

TEST(Thread, DefaultIsNone) {
  Thread thread;
  thread.Join();
}

}  // namespace
}  // namespace pavane
