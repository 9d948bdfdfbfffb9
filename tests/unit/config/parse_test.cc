#include "config/parse.h"

#include <fstream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"
#include "tests/unit/config/parse_helper.h"

namespace pavane::config {
namespace {

using ::pavane::testing::StatusIs;
using ::pavane::testing::TempDir;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class ParseConfigTest : public ::testing::Test {
 protected:
  // The flag that names a file with this text.
  std::string File(const std::string& text) {
    std::string path = folder_.File("pavane.yaml");
    std::ofstream(path) << text;
    return "--config=" + path;
  }

  TempDir folder_;
};

TEST_F(ParseConfigTest, WithoutAnythingTheDefaultsHold) {
  ASSERT_OK_AND_ASSIGN(ParsedConfig parsed, Parse({}));
  EXPECT_EQ(parsed.action, Action::kRun);
  EXPECT_THAT(parsed.config.grpc.listen, ElementsAre("127.0.0.1:7440"));
  EXPECT_EQ(parsed.config.http.listen, "127.0.0.1:7441");
  EXPECT_EQ(parsed.config.durability, Durability::kFsync);
  EXPECT_THAT(parsed.warnings, IsEmpty());
}

TEST_F(ParseConfigTest, FlagsWinOverEnvironmentOverFileOverDefaults) {
  std::string file = File(
      "retry: {retries_max: 1, age_max: 1h, backoff_initial: 5s}\n"
      "log:\n  level: error\n");
  ASSERT_OK_AND_ASSIGN(ParsedConfig parsed, Parse({file, "--retry.retries_max=3"},
                                                  {"PAVANE_RETRY__RETRIES_MAX=2",
                                                   "PAVANE_RETRY__AGE_MAX=2h", "HOME=/root"}));
  EXPECT_EQ(parsed.config.retry.retries_max, 3u);
  EXPECT_EQ(parsed.config.retry.age_max, absl::Hours(2));
  EXPECT_EQ(parsed.config.retry.backoff_initial, absl::Seconds(5));
  EXPECT_EQ(parsed.config.retry.backoff_max, absl::Minutes(10));
  EXPECT_EQ(parsed.config.log.level, LogLevel::kError);
}

TEST_F(ParseConfigTest, TheFileMayBeNamedByTheEnvironment) {
  std::string flag = File("insecure: yes\n");
  ASSERT_OK_AND_ASSIGN(ParsedConfig parsed,
                       Parse({}, {"PAVANE_CONFIG=" + flag.substr(flag.find('=') + 1)}));
  EXPECT_TRUE(parsed.config.insecure);
  EXPECT_THAT(parsed.warnings, IsEmpty());
}

TEST_F(ParseConfigTest, PluginsAreReadFromTheFile) {
  std::string file = File(
      "plugins:\n"
      "  - name: payment\n"
      "    command: [plugins/payment, --db, 'a b.db']\n"
      "    environment: {LIMIT: 500}\n"
      "    working_dir: /tmp\n"
      "  - name: seat\n"
      "    command: [seat]\n");
  ASSERT_OK_AND_ASSIGN(ParsedConfig parsed, Parse({file}));
  ASSERT_EQ(parsed.config.plugins.size(), 2u);
  EXPECT_EQ(
      parsed.config.plugins[0],
      (PluginConfig{"payment", {"plugins/payment", "--db", "a b.db"}, {{"LIMIT", "500"}}, "/tmp"}));
  EXPECT_EQ(parsed.config.plugins[1].name, "seat");
}

TEST_F(ParseConfigTest, AListIsASequenceOrOneText) {
  ASSERT_OK_AND_ASSIGN(ParsedConfig sequence,
                       Parse({File("grpc:\n  listen: ['127.0.0.1:1', 'unix:/tmp/p']\n")}));
  EXPECT_THAT(sequence.config.grpc.listen, ElementsAre("127.0.0.1:1", "unix:/tmp/p"));
  ASSERT_OK_AND_ASSIGN(ParsedConfig text, Parse({File("grpc: {listen: '127.0.0.1:1'}\n")}));
  EXPECT_THAT(text.config.grpc.listen, ElementsAre("127.0.0.1:1"));
}

TEST_F(ParseConfigTest, AnEmptyFileAndAnEmptySectionAreFine) {
  EXPECT_OK(Parse({File("")}));
  EXPECT_OK(Parse({File("# nothing\ngrpc:\n")}));
}

TEST_F(ParseConfigTest, AnUnknownKeyInTheFileNamesTheNearestAndTheLine) {
  EXPECT_THAT(Parse({File("insecure: false\nretention:\n  defualt: 1d\n")}),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       AllOf(HasSubstr("pavane.yaml: line 3: unknown key 'retention.defualt'"),
                             HasSubstr("(did you mean 'retention.default'?)"))));
  EXPECT_THAT(Parse({File("event_bytes_max: 1MiB\n")}),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("did you mean 'limits.event_bytes_max'?")));
  EXPECT_THAT(Parse({File("retension:\n  default: 1d\n")}),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("line 1: unknown key 'retension' (did you mean 'retention'?)")));
  EXPECT_THAT(Parse({File("plugins: [{name: a, comand: [x]}]\n")}),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("unknown key 'comand' of a plugin (did you mean 'command'?)")));
}

TEST_F(ParseConfigTest, AKeyGivenTwiceIsRefused) {
  EXPECT_THAT(Parse({File("insecure: false\ninsecure: true\n")}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("insecure: given twice")));
}

TEST_F(ParseConfigTest, ABadValueIsToldWithItsPlace) {
  EXPECT_THAT(Parse({File("\nlimits:\n  event_bytes_max: 1MB5\n")}),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       AllOf(HasSubstr("line 3: limits.event_bytes_max: expected a size"),
                             HasSubstr("'1MB5'"))));
  EXPECT_THAT(
      Parse({}, {"PAVANE_DEDUP__WINDOW=soon"}),
      StatusIs(absl::StatusCode::kInvalidArgument,
               HasSubstr("environment variable PAVANE_DEDUP__WINDOW: expected a duration")));
  EXPECT_THAT(Parse({"--delivery.window_max=0"}),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("flag --delivery.window_max: must be 16 to 10000000")));
}

TEST_F(ParseConfigTest, BrokenYamlIsToldWithItsLine) {
  EXPECT_THAT(Parse({File("grpc:\n  listen: [\n")}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("pavane.yaml: line ")));
  EXPECT_THAT(Parse({File("just text\n")}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("expected keys and values")));
}

TEST_F(ParseConfigTest, AMissingFileOrAFolderIsToldWithItsPath) {
  EXPECT_THAT(Parse({"--config=" + folder_.File("none.yaml")}),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("none.yaml: No such file")));
  EXPECT_THAT(Parse({"--config=" + folder_.path()}),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("Is a directory")));
}

TEST_F(ParseConfigTest, AnUnknownVariableOnlyWarns) {
  ASSERT_OK_AND_ASSIGN(ParsedConfig parsed,
                       Parse({}, {"PAVANE_SERVICE_PORT=80", "PAVANE_LOG__LEVLE=debug"}));
  EXPECT_THAT(parsed.warnings,
              ElementsAre(HasSubstr("PAVANE_SERVICE_PORT has no effect"),
                          HasSubstr("PAVANE_LOG__LEVLE has no effect (did you mean "
                                    "PAVANE_LOG__LEVEL?)")));
}

TEST_F(ParseConfigTest, VariablesOfClientsAreNotUnknown) {
  ASSERT_OK_AND_ASSIGN(
      ParsedConfig parsed,
      Parse({}, {"PAVANE_ADDRESS=h:1", "PAVANE_GRPC_ADDRESS=h:1", "PAVANE_PLUGIN_NAME=payment"}));
  EXPECT_THAT(parsed.warnings, IsEmpty());
}

TEST_F(ParseConfigTest, AFailingValidationIsTold) {
  EXPECT_THAT(Parse({"--grpc.listen=0.0.0.0:7440"}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("--insecure")));
}

}  // namespace
}  // namespace pavane::config
