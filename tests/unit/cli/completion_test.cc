#include "clients/cli/completion.h"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "clients/cli/command_tree.h"
#include "clients/cli/program.h"

namespace pavane::cli {
namespace {

using ::testing::HasSubstr;

class Completion : public ::testing::Test {
 protected:
  std::istringstream in_;
  std::ostringstream out_;
  Context context_{in_, out_, out_};
  std::unique_ptr<CLI::App> app_ = MakeCommandLine(&context_);

  // Output of a shell that has sourced `script`.
  std::string RunShell(const std::string& shell, const std::string& script,
                       const std::string& commands) {
    const std::string path =
        absl::StrCat(::testing::TempDir(), "/completion_", getpid(), "_", counter_++);
    std::ofstream(path) << script << "\n" << commands << "\n";
    const std::string line = absl::StrCat(shell, " ", path, " 2>&1");
    FILE* pipe = popen(line.c_str(), "r");
    std::string output;
    char buffer[4096];
    while (size_t n = fread(buffer, 1, sizeof(buffer), pipe)) output.append(buffer, n);
    EXPECT_EQ(pclose(pipe), 0) << output;
    std::remove(path.c_str());
    return output;
  }

  // What bash offers after these words, the last of which is being typed.
  std::string Bash(const std::string& words) {
    return RunShell(
        "bash --norc", BashCompletion(*app_),
        absl::StrCat("COMP_WORDS=(", words, "); COMP_CWORD=$((${#COMP_WORDS[@]} - 1))\n",
                     "_pavane; echo \"${COMPREPLY[*]}\""));
  }

 private:
  int counter_ = 0;
};

TEST_F(Completion, BashOffersCommandsOptionsAndValues) {
  EXPECT_EQ(Bash("pavane ''"),
            "publish subscribe bus rule service dead-letter event health stats completion\n");
  EXPECT_EQ(Bash("pavane b"), "bus\n");
  EXPECT_EQ(Bash("pavane rule p"), "put pause\n");
  EXPECT_EQ(Bash("pavane bus list --o"), "--output\n") << "global options after a command";
  EXPECT_EQ(Bash("pavane -o ''"), "table json\n");
  EXPECT_EQ(Bash("pavane dead-letter list --reason r"), "retries-exhausted rejected\n");
  EXPECT_EQ(Bash("pavane rule put x --non"), "--non-retryable\n");
  EXPECT_EQ(Bash("pavane completion ''"), "bash zsh fish\n");
}

TEST_F(Completion, BashDoesNotTakeValuesForCommands) {
  EXPECT_EQ(Bash("pavane --address rule b"), "bus\n");
  EXPECT_EQ(Bash("pavane bus get rule p"), "\n") << "a bus may be called rule";
  EXPECT_EQ(Bash("pavane bus put x --description ''"), "\n") << "free text has no values";
}

TEST_F(Completion, BashOffersFilesWhereTheyMakeSense) {
  const std::string folder = absl::StrCat(::testing::TempDir(), "/completion_files_", getpid());
  ASSERT_EQ(
      std::system(absl::StrCat("mkdir -p ", folder, " && touch ", folder, "/events.jsonl").c_str()),
      0);
  EXPECT_THAT(Bash(absl::StrCat("pavane publish ", folder, "/ev")), HasSubstr("events.jsonl"));
  EXPECT_THAT(Bash(absl::StrCat("pavane rule put -f ", folder, "/ev")), HasSubstr("events.jsonl"));
  EXPECT_EQ(Bash(absl::StrCat("pavane bus get ", folder, "/ev")), "\n");
  ASSERT_EQ(std::system(absl::StrCat("rm -r ", folder).c_str()), 0);
}

// Not HasSubstr: a failure would print the whole script.
bool Has(const std::string& script, const std::string& part) {
  return script.find(part) != std::string::npos;
}

TEST_F(Completion, AllScriptsKnowTheWholeTree) {
  const std::string bash = BashCompletion(*app_);
  const std::string zsh = ZshCompletion(*app_);
  const std::string fish = FishCompletion(*app_);
  int options = 0;
  for (const CommandInfo& command : CommandTree(*app_)) {
    for (const auto& [name, description] : command.children) {
      EXPECT_TRUE(Has(bash, name)) << name;
      EXPECT_TRUE(Has(zsh, absl::StrCat("'", name, ":"))) << name;
      EXPECT_TRUE(Has(fish, absl::StrCat("-a '", name, "'"))) << name;
    }
    for (const OptionInfo& option : command.options) {
      ++options;
      for (const std::string& name : option.names) {
        const bool is_long = name.size() > 2;
        EXPECT_TRUE(Has(bash, name)) << name;
        EXPECT_TRUE(Has(zsh, absl::StrCat("'", name, ":"))) << name;
        EXPECT_TRUE(
            Has(fish, absl::StrCat(is_long ? " -l " : " -s ", name.substr(is_long ? 2 : 1))))
            << name;
      }
    }
  }
  EXPECT_GT(options, 150) << "the walk has missed something";
}

TEST_F(Completion, ScriptsAreValidWhereTheShellIsInstalled) {
  RunShell("bash -n", BashCompletion(*app_), "");
  if (std::system("command -v zsh > /dev/null") == 0) {
    RunShell("zsh -n", ZshCompletion(*app_), "");
  }
  if (std::system("command -v fish > /dev/null") == 0) {
    RunShell("fish -n", FishCompletion(*app_), "");
  }
}

}  // namespace
}  // namespace pavane::cli
