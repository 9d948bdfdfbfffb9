#include "clients/cli/text_source.h"

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace pavane::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<std::string> Lines(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> lines;
  std::string line;
  while (true) {
    const absl::StatusOr<bool> more = ReadLine(in, &line);
    EXPECT_TRUE(more.ok()) << more.status();
    if (!more.ok() || !*more) return lines;
    lines.push_back(line);
  }
}

TEST(TextSource, ReadsLinesWithAndWithoutTheLastEnd) {
  EXPECT_THAT(Lines(""), ElementsAre());
  EXPECT_THAT(Lines("a"), ElementsAre("a"));
  EXPECT_THAT(Lines("a\n\nb\n"), ElementsAre("a", "", "b"));
  EXPECT_THAT(Lines("\n"), ElementsAre(""));
}

TEST(TextSource, ReadsLinesOfAnyLengthAroundItsPieces) {
  for (const size_t length : {65534, 65535, 65536, 131070, 200000}) {
    const std::string text(length, 'x');
    EXPECT_THAT(Lines(text + "\n" + text), ElementsAre(text, text)) << length;
  }
}

TEST(TextSource, EndsAtALineThatIsTooLong) {
  std::istringstream in(std::string(kTextBytesMax + 1, 'x'));
  std::string line;
  const absl::Status status = ReadLine(in, &line).status();
  EXPECT_TRUE(absl::IsResourceExhausted(status)) << status;
}

TEST(TextSource, RefusesATextThatIsTooLong) {
  std::istringstream in(std::string(kTextBytesMax + 1, 'x'));
  EXPECT_THAT(std::string(ReadText("-", in).status().message()), HasSubstr("longer than 64.0 MiB"));
  std::istringstream fits(std::string(kTextBytesMax, 'x'));
  EXPECT_TRUE(ReadText("-", fits).ok());
}

TEST(TextSource, SaysWhereAPatternIsNotUtf8) {
  std::istringstream in("{\"é\":\n[\"\xff\"]}");
  EXPECT_EQ(ReadPattern("-", in).status().message(), "the pattern is not UTF-8 (line 2, column 3)");
  EXPECT_EQ(*ReadPattern("{\"é\":[1]}", in), "{\"é\":[1]}");
}

TEST(TextSource, SaysWhyAFileCannotBeRead) {
  std::istringstream in;
  EXPECT_THAT(std::string(ReadFile("/proc/nobody", in).status().message()),
              HasSubstr("cannot read '/proc/nobody': No such file"));
  EXPECT_THAT(std::string(ReadFile("/", in).status().message()), HasSubstr("directory"));
  std::ifstream directory("/");
  std::string line;
  EXPECT_TRUE(absl::IsDataLoss(ReadLine(directory, &line).status()));
}

}  // namespace
}  // namespace pavane::cli
