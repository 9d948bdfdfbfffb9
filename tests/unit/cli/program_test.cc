// The program without a broker: usage, help, and what it says when nobody answers.
#include "clients/cli/program.h"

#include <sstream>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "clients/cli/command_tree.h"

namespace pavane::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

struct Ran {
  ExitCode code;
  std::string out;
  std::string err;
};

Ran RunPavane(const std::vector<std::string>& arguments, const std::string& input = "") {
  std::vector<const char*> argv = {"pavane"};
  for (const std::string& argument : arguments) argv.push_back(argument.c_str());
  std::istringstream in(input);
  std::ostringstream out;
  std::ostringstream err;
  const ExitCode code = RunProgram(static_cast<int>(argv.size()), argv.data(), in, out, err);
  return {code, out.str(), err.str()};
}

TEST(Program, PrintsItsVersionAndHelp) {
  EXPECT_THAT(RunPavane({"--version"}).out, StartsWith("pavane 0."));
  const Ran help = RunPavane({"--help"});
  EXPECT_EQ(help.code, kExitOk);
  EXPECT_THAT(help.out, HasSubstr("dead-letter"));
  EXPECT_THAT(help.out, HasSubstr("Exit codes"));
}

TEST(Program, EveryCommandHasHelpAndADescription) {
  std::istringstream in;
  std::ostringstream out;
  Context context(in, out, out);
  for (const CommandInfo& command : CommandTree(*MakeCommandLine(&context))) {
    EXPECT_FALSE(command.description.empty()) << command.path;
    for (const OptionInfo& option : command.options) {
      EXPECT_FALSE(option.description.empty()) << command.path << " " << option.names.front();
    }
    std::vector<std::string> arguments;
    std::istringstream words(command.path);
    for (std::string word; words >> word;) arguments.push_back(word);
    arguments.push_back("--help");
    EXPECT_EQ(RunPavane(arguments).code, kExitOk) << command.path;
  }
}

TEST(Program, WrongUsageExitsWith2AndPointsToHelp) {
  const std::vector<std::vector<std::string>> kWrong = {
      {},
      {"frobnicate"},
      {"bus"},
      {"bus", "get"},
      {"bus", "get", "a", "b"},
      {"bus", "list", "--frobnicate"},
      {"bus", "list", "-o", "xml"},
      {"bus", "list", "--timeout", "soon"},
      {"bus", "list", "--timeout", "0"},
      {"bus", "list", "--address", "http://x"},
      {"bus", "put", "a", "--retention", "7"},
      {"rule", "put"},
      {"rule", "put", "a"},
      {"rule", "put", "a", "--pattern", "{}", "--target", "nowhere"},
      {"rule", "put", "a", "--file", "x"},
      {"rule", "put", "a", "--pattern", "{}", "--retries", "186"},
      {"rule", "test"},
      {"rule", "test", "--pattern", "{}"},
      {"rule", "explain", "a"},
      {"rule", "explain", "--sequence", "1"},
      {"dead-letter", "redrive"},
      {"dead-letter", "redrive", "--all", "--bus", "x"},
      {"dead-letter", "redrive", "id", "--all"},
      {"dead-letter", "redrive", "--all", "--to-target", "x"},
      {"dead-letter", "list", "--reason", "lost"},
      {"dead-letter", "list", "--all", "--limit", "5"},
      {"event", "get", "0"},
      {"event", "tail", "--last", "1001"},
      {"stats", "--target", "x"},
      {"publish", "--data", "{}"},
      {"publish", "--type", "T", "--data", "{oops"},
      {"publish", "--type", "T", "--attribute", "x"},
      {"publish", "f.jsonl", "--id", "7"},
      {"publish", "f.jsonl", "--rate", "0"},
      {"completion"},
      {"completion", "tcsh"}};
  for (const auto& arguments : kWrong) {
    const Ran ran = RunPavane(arguments);
    const std::string line = ::testing::PrintToString(arguments);
    EXPECT_EQ(ran.code, kExitUsage) << line << ": " << ran.err;
    EXPECT_THAT(ran.err, HasSubstr("--help`")) << line;
    EXPECT_EQ(ran.out, "") << line;
  }
}

TEST(Program, WithoutABrokerExitsWith4AndSaysWhatToDo) {
  const std::vector<std::vector<std::string>> kCommands = {
      {"bus", "list"},  {"health"},    {"stats"},         {"publish", "--type", "T"},
      {"publish", "-"}, {"subscribe"}, {"event", "tail"}, {"dead-letter", "redrive", "--all"}};
  for (auto arguments : kCommands) {
    // A path in a directory that cannot exist: nobody answers there, ever.
    arguments.insert(arguments.end(), {"--address", "unix:/proc/nobody/here.sock"});
    const Ran ran = RunPavane(arguments, "{}\n");
    EXPECT_EQ(ran.code, kExitUnavailable) << ::testing::PrintToString(arguments);
    EXPECT_THAT(ran.err, HasSubstr("no broker answers at unix:/proc/nobody/here.sock; start one "
                                   "with `pavaned` or give --address"));
  }
}

TEST(Program, TakesGlobalOptionsBeforeAndAfterTheCommand) {
  for (const std::vector<std::string>& arguments : std::vector<std::vector<std::string>>{
           {"--address", "unix:/proc/nobody/x", "-o", "json", "bus", "list"},
           {"bus", "--address", "unix:/proc/nobody/x", "list", "-o", "json"},
           {"bus", "list", "--address=unix:/proc/nobody/x", "--output=json"}}) {
    const Ran ran = RunPavane(arguments);
    EXPECT_EQ(ran.code, kExitUnavailable) << ran.err;
    EXPECT_THAT(ran.err, HasSubstr("unix:/proc/nobody/x"));
  }
}

TEST(Program, FilesThatCannotBeReadAreFailuresThatNameThem) {
  const Ran rule = RunPavane({"rule", "put", "--file", "/proc/nobody/rules.yaml"});
  EXPECT_EQ(rule.code, kExitFailure);
  EXPECT_THAT(rule.err, HasSubstr("/proc/nobody/rules.yaml"));
  const Ran directory = RunPavane({"rule", "put", "--file", "/"});
  EXPECT_EQ(directory.code, kExitFailure);
  EXPECT_THAT(directory.err, HasSubstr("directory"));
}

TEST(Program, NeverEchoesControlCharactersOfTheCommandLine) {
  const Ran ran = RunPavane({"bus", "list", "--\x1b[2J"});
  EXPECT_EQ(ran.code, kExitUsage);
  EXPECT_EQ(ran.err.find('\x1b'), std::string::npos);
}

}  // namespace
}  // namespace pavane::cli
