#include "clients/cli/target_name.h"

#include "gtest/gtest.h"

#include "clients/cli/status.h"

namespace pavane::cli {
namespace {

TEST(TargetName, MayHaveSlashesInItsRule) {
  const auto name = ParseTargetName("default/ticket/on-seat/main");
  ASSERT_TRUE(name.ok()) << name.status();
  EXPECT_EQ(name->bus, "default");
  EXPECT_EQ(name->rule, "ticket/on-seat");
  EXPECT_EQ(name->target, "main");
}

TEST(TargetName, NeedsAllThreeParts) {
  for (const char* text : {"", "a", "a/b", "/b/c", "a/b/", "a//c", "//"}) {
    const auto name = ParseTargetName(text);
    ASSERT_FALSE(name.ok()) << text;
    EXPECT_EQ(ExitCodeOf(name.status()), kExitUsage);
  }
}

}  // namespace
}  // namespace pavane::cli
