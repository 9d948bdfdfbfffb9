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

TEST(Program, PatternAndEventCannotBothBeStandardInput) {
  const std::vector<std::vector<std::string>> kCommands = {
      {"rule", "test", "-p", "-", "-f", "-"},
      {"rule", "test", "-p", "@-", "-e", "-"},
      {"rule", "explain", "-p", "-", "-"},
      {"rule", "explain", "-p", "-", "-e", "@-"}};
  for (const std::vector<std::string>& command : kCommands) {
    const Ran ran = RunPavane(command, "{}");
    EXPECT_EQ(ran.code, kExitUsage);
    EXPECT_THAT(ran.err, HasSubstr("cannot both be standard input"));
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
      {"publish", "--source", "s"},
      {"publish", "--attribute", "a=b", "--bus", "b"},
      {"publish", "--delay", "1h"},
      {"publish", "--type", "T", "--source", ""},
      {"publish", "-", "--source="},
      {"publish", "--type", ""},
      {"publish", "--type", "T", "--id", ""},
      {"publish", "--type", "T", "--source", "\xff"},
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

TEST(Program, NamesTheNearestCommandOrOption) {
  const std::vector<std::pair<std::vector<std::string>, std::string>> kTypos = {
      {{"helth"}, "pavane: there is no command 'helth'; did you mean 'health'?"},
      {{"-o", "json", "deadletter", "list"}, "did you mean 'dead-letter'?"},
      {{"bus", "lst", "--output", "json"},
       "pavane bus: there is no command 'lst'; did you mean 'list'?"},
      {{"help"}, "did you mean '--help'?"},
      {{"frobnicate"}, "there is no command 'frobnicate'; give publish, subscribe, "},
      {{}, "pavane: a command is missing: publish, subscribe, "},
      {{"service"}, "pavane service: a command is missing: list\n"},
      {{"rule", "put", "x", "--patern", "{}"},
       "pavane rule put: there is no option '--patern'; did you mean '--pattern'?"},
      {{"bus", "get", "--ouptut=json"}, "there is no option '--ouptut'; did you mean '--output'?"},
      {{"bus", "list", "--frobnicate"}, "there is no option '--frobnicate'\n"},
      {{"subscribe", "-p", "{}"}, "there is no option '-p'\n"},
      {{"publish", "-s", "s"}, "give --type for one event, or a file of JSON lines to fill in"},
      {{"publish", "-t", "T", "-s", ""}, "--source: must not be empty; leave the option out"},
      {{"publish", "--deliver-at", "1h"}, "'1h' is not a moment"},
      {{"bus", "get", "a", "b"}, "pavane bus get: the word 'b' is one too many"},
      {{"completion", "tcsh"}, "did you mean 'bash'?"},
      {{"bus", "get"}, "pavane bus get: BUS is missing"},
      {{"rule", "pause", "r"}, "TARGET is missing"},
      {{"publish", "--type"}, "pavane publish: --type needs a value: TYPE"},
      {{"bus", "list", "-o"}, "--output needs a value: table|json"},
      {{"event", "list", "--limit", "-1"}, "--limit: '-1' is not a whole number from 1 on"},
      {{"event", "tail", "--last", "x"}, "'x' is not a whole number from 0 to 1000"},
      {{"publish", "f", "--rate", "nan"}, "'nan' is not a number above 0"}};
  for (const auto& [arguments, message] : kTypos) {
    const Ran ran = RunPavane(arguments);
    EXPECT_EQ(ran.code, kExitUsage) << ran.err;
    EXPECT_THAT(ran.err, HasSubstr(message));
  }
}

TEST(Program, AnEmptyValueNeverSwallowsTheNextWord) {
  const Ran ran = RunPavane({"publish", "--type", "T", "--data=", "--subject", "s"});
  EXPECT_EQ(ran.code, kExitUsage);
  EXPECT_THAT(ran.err, HasSubstr("--data is not JSON: the text is empty"));
}

TEST(Program, HelpNamesValuesAndNothingOfTheParser) {
  const std::string help = RunPavane({"rule", "put", "--help"}).out;
  EXPECT_THAT(help, HasSubstr("Usage: pavane rule put [OPTIONS] [RULE]"));
  EXPECT_THAT(help, HasSubstr("--retries N "));
  EXPECT_THAT(RunPavane({"--help"}).out, HasSubstr("-o,--output table|json"));
  for (const char* noise : {"Excludes", "INT", "FLOAT", "Positionals"}) {
    EXPECT_EQ(help.find(noise), std::string::npos) << noise;
  }
}

TEST(Program, WithoutABrokerExitsWith4AndSaysWhatToDo) {
  const std::vector<std::vector<std::string>> kCommands = {{"bus", "list"},
                                                           {"health"},
                                                           {"stats"},
                                                           {"publish", "--type", "T"},
                                                           {"publish", "-"},
                                                           {"subscribe"},
                                                           {"event", "tail"},
                                                           {"dead-letter", "redrive", "--all"},
                                                           {"publish", "-", "--source", "s"}};
  for (auto arguments : kCommands) {
    // A path in a directory that cannot exist: nobody answers there, ever.
    arguments.insert(arguments.end(), {"--address", "unix:/proc/nobody/here.sock"});
    const Ran ran = RunPavane(arguments, "{}\n");
    EXPECT_EQ(ran.code, kExitUnavailable) << ::testing::PrintToString(arguments);
    EXPECT_THAT(ran.err, HasSubstr("no broker answers at unix:/proc/nobody/here.sock; start one "
                                   "with `pavaned` or give --address"));
  }
}

TEST(Program, SubscribeTakesItsPatternAsArgumentOrOption) {
  const std::vector<std::string> nobody = {"subscribe", "--address", "unix:/proc/nobody/x"};
  auto run = [&](std::vector<std::string> more) {
    more.insert(more.begin(), nobody.begin(), nobody.end());
    return RunPavane(more).code;
  };
  EXPECT_EQ(run({"{}"}), kExitUnavailable);
  EXPECT_EQ(run({"--pattern", "{}"}), kExitUnavailable);
  EXPECT_EQ(run({"{}", "--pattern", "{}"}), kExitUsage);
  EXPECT_EQ(run({"--pattern", "{}", "--type", "T"}), kExitUsage);
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

TEST(Program, APreviewOfNothingIsWrongUsage) {
  const Ran none = RunPavane({"rule", "preview", "-p", "{}", "--limit", "0"});
  EXPECT_EQ(none.code, kExitUsage);
  EXPECT_THAT(none.err, HasSubstr("'0' is not a whole number from 1 on"));
  const Ran never = RunPavane({"rule", "preview", "-p", "{}", "--since", "1h", "--until", "2h"});
  EXPECT_EQ(never.code, kExitUsage);
  EXPECT_THAT(never.err, HasSubstr("--since is after --until"));
}

}  // namespace
}  // namespace pavane::cli
