#include "clients/cli/address.h"

#include <cstdlib>

#include "gtest/gtest.h"

#include "clients/cli/status.h"

namespace pavane::cli {
namespace {

TEST(Address, TakesTheFormsPeopleWrite) {
  const struct {
    const char* text;
    const char* target;
  } kCases[] = {{"127.0.0.1:7440", "127.0.0.1:7440"},
                {"broker", "broker:7440"},
                {"broker:9", "broker:9"},
                {":7000", "127.0.0.1:7000"},
                {"[::1]:7440", "[::1]:7440"},
                {"[::1]", "[::1]:7440"},
                {"unix:/run/p.sock", "unix:/run/p.sock"},
                {"unix:rel.sock", "unix:rel.sock"}};
  for (const auto& c : kCases) {
    const auto target = ParseAddress(c.text);
    ASSERT_TRUE(target.ok()) << c.text << ": " << target.status();
    EXPECT_EQ(*target, c.target) << c.text;
  }
}

TEST(Address, RefusesOthersAsUsageErrors) {
  for (const char* text : {"", "http://127.0.0.1:7440", "host:0", "host:65536", "host:x",
                           "host:", "::1:7440", "unix:"}) {
    const auto target = ParseAddress(text);
    ASSERT_FALSE(target.ok()) << text << " became " << *target;
    EXPECT_EQ(ExitCodeOf(target.status()), kExitUsage) << text;
  }
}

TEST(Address, ComesFromFlagThenEnvironmentThenDefault) {
  unsetenv("PAVANE_ADDRESS");
  unsetenv("PAVANE_GRPC_ADDRESS");
  EXPECT_EQ(ChooseAddress(""), "127.0.0.1:7440");
  setenv("PAVANE_GRPC_ADDRESS", "b:2", 1);
  EXPECT_EQ(ChooseAddress(""), "b:2");
  setenv("PAVANE_ADDRESS", "a:1", 1);
  EXPECT_EQ(ChooseAddress(""), "a:1");
  EXPECT_EQ(ChooseAddress("flag:3"), "flag:3");
  setenv("PAVANE_ADDRESS", "", 1);
  EXPECT_EQ(ChooseAddress(""), "b:2") << "an empty variable is as good as none";
  unsetenv("PAVANE_ADDRESS");
  unsetenv("PAVANE_GRPC_ADDRESS");
}

}  // namespace
}  // namespace pavane::cli
