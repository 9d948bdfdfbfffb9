// docs/configuration.md holds the tables that the keys give. With PAVANE_UPDATE_DOCS=1 in the
// environment the test writes them instead of comparing.
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

#include <gtest/gtest.h>

#include "config/print.h"

namespace pavane::config {
namespace {

constexpr char kPath[] = "docs/configuration.md";
constexpr char kBegin[] = "<!-- tables: begin -->\n";
constexpr char kEnd[] = "<!-- tables: end -->\n";

TEST(ConfigurationDocument, HasEveryKeyAsItIs) {
  std::ifstream in(kPath);
  ASSERT_TRUE(in) << "run from the root of the source tree";
  std::string text{std::istreambuf_iterator<char>(in), {}};
  size_t begin = text.find(kBegin), end = text.find(kEnd);
  ASSERT_NE(begin, std::string::npos);
  ASSERT_NE(end, std::string::npos);
  begin += sizeof(kBegin) - 1;
  if (std::getenv("PAVANE_UPDATE_DOCS") != nullptr) {
    text.replace(begin, end - begin, MarkdownTables());
    std::ofstream(kPath) << text;
    return;
  }
  EXPECT_EQ(text.substr(begin, end - begin), MarkdownTables())
      << "run this test with PAVANE_UPDATE_DOCS=1 in the environment to write the tables";
}

}  // namespace
}  // namespace pavane::config
