#include "clients/cli/completion.h"

#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "clients/cli/command_tree.h"
#include "clients/cli/completion_script.h"
#include "clients/cli/program.h"

namespace pavane::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class Completion : public ::testing::Test {
 protected:
  std::istringstream in_;
  std::ostringstream out_;
  Context context_{in_, out_, out_};
  std::unique_ptr<CLI::App> app_ = MakeCommandLine(&context_);

  // What is offered after these words; a trailing space begins a new word.
  std::vector<std::string> Offered(const std::string& line) {
    std::vector<std::string> words;
    for (const auto& [word, description] : At(line).words) words.push_back(word);
    return words;
  }

  Candidates At(const std::string& line) { return Complete(*app_, absl::StrSplit(line, ' ')); }
};

TEST_F(Completion, OffersCommandsOptionsAndValues) {
  EXPECT_THAT(Offered(""), ElementsAre("publish", "subscribe", "bus", "rule", "service",
                                       "dead-letter", "event", "health", "stats", "completion"));
  EXPECT_THAT(Offered("b"), ElementsAre("bus"));
  EXPECT_THAT(Offered("rule pa"), ElementsAre("pause"));
  EXPECT_THAT(Offered("bus list --o"), ElementsAre("--output")) << "of all commands";
  EXPECT_THAT(Offered("-o "), ElementsAre("table", "json"));
  EXPECT_THAT(Offered("--output=j"), ElementsAre("--output=json"));
  EXPECT_THAT(Offered("dead-letter list --reason r"), ElementsAre("retries-exhausted", "rejected"));
  EXPECT_THAT(Offered("rule put x --non"), ElementsAre("--non-retryable"));
  EXPECT_THAT(Offered("completion "), ElementsAre("bash", "zsh", "fish"));
}

TEST_F(Completion, DoesNotTakeValuesForCommands) {
  EXPECT_THAT(Offered("--address rule b"), ElementsAre("bus"));
  EXPECT_THAT(Offered("--address=rule b"), ElementsAre("bus"));
  EXPECT_THAT(Offered("bus get rule p"), IsEmpty()) << "a bus may be called rule";
  EXPECT_THAT(Offered("bus put x --description "), IsEmpty()) << "free text has no values";
  EXPECT_THAT(Offered("bus get -- --o"), IsEmpty()) << "-- ends the options";
  EXPECT_THAT(Offered("frobnicate --o"), ElementsAre("--output"));
}

TEST_F(Completion, OffersFilesWhereTheyMakeSense) {
  using Files = Candidates::Files;
  EXPECT_EQ(At("publish ev").files, Files::kPlain);
  EXPECT_EQ(At("rule put -f ev").files, Files::kPlain);
  EXPECT_EQ(At("publish -d @ev").files, Files::kAfterAt);
  EXPECT_EQ(At("publish -d ev").files, Files::kNone) << "that would be the data itself";
  EXPECT_EQ(At("bus get ev").files, Files::kNone);
}

TEST_F(Completion, KnowsTheWholeTree) {
  int options = 0;
  for (const CommandInfo& command : CommandTree(*app_)) {
    const std::string before = command.path.empty() ? "" : command.path + " ";
    for (const auto& [name, description] : command.children) {
      EXPECT_THAT(Offered(before + name), ::testing::Contains(name));
    }
    for (const OptionInfo& option : command.options) {
      ++options;
      EXPECT_THAT(Offered(before + option.names[0]), ::testing::Contains(option.names[0]));
    }
  }
  EXPECT_GT(options, 150) << "the walk has missed something";
}

TEST_F(Completion, EachShellGetsLinesOfItsOwnForm) {
  Candidates candidates;
  candidates.words = {{"a:b", "the first"}, {"a:c", ""}};
  candidates.files = Candidates::Files::kPlain;
  EXPECT_EQ(CandidateLines(Shell::kBash, candidates, "a:"), "b\nc\n:files\n");
  EXPECT_EQ(CandidateLines(Shell::kBash, candidates, ""), "a:b\na:c\n:files\n");
  EXPECT_EQ(CandidateLines(Shell::kZsh, candidates, "a:"), "a\\:b:the first\na\\:c\n:files\n");
  EXPECT_EQ(CandidateLines(Shell::kFish, candidates, "a:"), "a:b\tthe first\na:c\n:files\n");
}

TEST_F(Completion, ScriptsCallTheProgram) {
  EXPECT_THAT(CompletionScript(Shell::kBash), HasSubstr("completion candidates bash"));
  EXPECT_THAT(CompletionScript(Shell::kZsh), HasSubstr("completion candidates zsh"));
  EXPECT_THAT(CompletionScript(Shell::kFish), HasSubstr("completion candidates fish"));
}

}  // namespace
}  // namespace pavane::cli
