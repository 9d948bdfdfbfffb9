#include "clients/cli/nearest_name.h"

#include "gtest/gtest.h"

namespace pavane::cli {
namespace {

std::string Nearest(absl::string_view name) {
  return NearestName(name, {"health", "list", "dead-letter", "--type", "--description", "-o"})
      .value_or("none");
}

TEST(NearestName, FindsWhatWasMeant) {
  EXPECT_EQ(Nearest("helth"), "health") << "one letter left out";
  EXPECT_EQ(Nearest("heatlh"), "health") << "neighbours swapped";
  EXPECT_EQ(Nearest("ls"), "list");
  EXPECT_EQ(Nearest("deadletters"), "dead-letter");
  EXPECT_EQ(Nearest("--tpye"), "--type");
  EXPECT_EQ(Nearest("--desc"), "--description") << "a beginning";
}

TEST(NearestName, DoesNotGuessWildly) {
  EXPECT_EQ(Nearest("frobnicate"), "none");
  EXPECT_EQ(Nearest("x"), "none") << "one edit would replace it altogether";
  EXPECT_EQ(Nearest(""), "none");
  EXPECT_EQ(NearestName("x", {}), std::nullopt);
}

}  // namespace
}  // namespace pavane::cli
