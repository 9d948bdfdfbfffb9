#include "supervision/line_splitter.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pavane::supervision {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class LineSplitterTest : public ::testing::Test {
 protected:
  std::vector<std::string> lines_;
  LineSplitter splitter_{[this](absl::string_view line) { lines_.emplace_back(line); }, 8};
};

TEST_F(LineSplitterTest, LinesMayComeInPieces) {
  splitter_.Add("on");
  splitter_.Add("e\ntwo\nthr");
  EXPECT_THAT(lines_, ElementsAre("one", "two"));
  splitter_.Add("ee\n");
  EXPECT_THAT(lines_, ElementsAre("one", "two", "three"));
}

TEST_F(LineSplitterTest, TheLastLineNeedsNoNewline) {
  splitter_.Add("end");
  EXPECT_THAT(lines_, IsEmpty());
  splitter_.Finish();
  splitter_.Finish();
  EXPECT_THAT(lines_, ElementsAre("end"));
}

TEST_F(LineSplitterTest, EmptyLinesAndCarriageReturnsAreLeftOut) {
  splitter_.Add("\n\r\na\r\n\n");
  EXPECT_THAT(lines_, ElementsAre("a"));
}

TEST_F(LineSplitterTest, ALongLineIsCutAndTheNextOneIsWhole) {
  for (int i = 0; i < 1000; ++i) splitter_.Add("123456789");
  splitter_.Add("\nnext\n");
  EXPECT_THAT(lines_, ElementsAre("12345678 [cut]", "next"));
}

TEST_F(LineSplitterTest, ALineOfExactlyTheLimitIsNotCut) {
  splitter_.Add("12345678\n");
  EXPECT_THAT(lines_, ElementsAre("12345678"));
}

}  // namespace
}  // namespace pavane::supervision
