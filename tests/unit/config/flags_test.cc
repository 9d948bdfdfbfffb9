#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/keys.h"
#include "config/parse.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/config/parse_helper.h"

namespace pavane::config {
namespace {

using ::pavane::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(Flags, ShortFormsAndDashesMeanTheSameKeys) {
  ASSERT_OK_AND_ASSIGN(
      ParsedConfig parsed,
      Parse({"--data-dir", "/d", "--grpc-listen", "127.0.0.1:0", "--http-listen=127.0.0.1:1",
             "--ports-file", "/p", "--limits.event-bytes-max", "2MiB"}));
  EXPECT_EQ(parsed.config.data_dir, "/d");
  EXPECT_THAT(parsed.config.grpc.listen, ElementsAre("127.0.0.1:0"));
  EXPECT_EQ(parsed.config.http.listen, "127.0.0.1:1");
  EXPECT_EQ(parsed.config.ports_file, "/p");
  EXPECT_EQ(parsed.config.limits.event_bytes_max, 2u << 20);
}

TEST(Flags, EachKeyIsAFlagAndAVariableThatTakesItsOwnDefault) {
  for (const Key& key : Keys()) {
    Config defaults;
    const std::string value = FormatField(key.field(defaults));
    const std::string flag = absl::StrCat("--", key.name, "=", value);
    EXPECT_OK(Parse({flag})) << flag;
    const std::string variable = absl::StrCat(key.variable(), "=", value);
    absl::StatusOr<ParsedConfig> parsed = Parse({}, {variable});
    ASSERT_OK(parsed) << variable;
    EXPECT_THAT(parsed->warnings, IsEmpty()) << variable;
  }
}

TEST(Flags, ABooleanNeedsNoValueAndTakesOne) {
  EXPECT_TRUE(Parse({"--insecure"})->config.insecure);
  EXPECT_TRUE(Parse({"--insecure=true"})->config.insecure);
  EXPECT_FALSE(Parse({"--insecure=false"}, {"PAVANE_INSECURE=1"})->config.insecure);
}

TEST(Flags, AListMayBeRepeatedOrSeparatedByCommas) {
  ASSERT_OK_AND_ASSIGN(ParsedConfig repeated, Parse({"--grpc.listen", "127.0.0.1:1",
                                                     "--grpc.listen", "unix:/s", "--insecure"}));
  EXPECT_THAT(repeated.config.grpc.listen, ElementsAre("127.0.0.1:1", "unix:/s"));
  ASSERT_OK_AND_ASSIGN(ParsedConfig commas, Parse({"--grpc.listen=127.0.0.1:1,unix:/s"}));
  EXPECT_THAT(commas.config.grpc.listen, ElementsAre("127.0.0.1:1", "unix:/s"));
}

TEST(Flags, OfOthersTheLastOneWins) {
  EXPECT_EQ(Parse({"--data-dir=/a", "--data_dir=/b"})->config.data_dir, "/b");
}

TEST(Flags, AnEmptyValueIsAValue) {
  ASSERT_OK_AND_ASSIGN(ParsedConfig parsed, Parse({"--http.listen="}));
  EXPECT_EQ(parsed.config.http.listen, "");
  ASSERT_OK_AND_ASSIGN(ParsedConfig before, Parse({"--http.listen=", "--log.level=error"}));
  EXPECT_EQ(before.config.log.level, LogLevel::kError);
}

TEST(Flags, PluginsAreYaml) {
  ASSERT_OK_AND_ASSIGN(ParsedConfig parsed, Parse({"--plugins", "[{name: a, command: [x, y]}]"}));
  ASSERT_EQ(parsed.config.plugins.size(), 1u);
  EXPECT_THAT(parsed.config.plugins[0].command, ElementsAre("x", "y"));
}

TEST(Flags, AnUnknownFlagNamesTheNearest) {
  EXPECT_THAT(Parse({"--grpc.lisen=x"}),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       "unknown flag '--grpc.lisen' (did you mean '--grpc.listen'?)"));
  EXPECT_THAT(Parse({"--chek-config"}),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       "unknown flag '--chek-config' (did you mean '--check-config'?)"));
  EXPECT_THAT(Parse({"serve"}),
              StatusIs(absl::StatusCode::kInvalidArgument, "unexpected argument 'serve'"));
}

TEST(Flags, AMissingValueIsRefusedAndDoesNotSwallowTheNextFlag) {
  EXPECT_THAT(Parse({"--data-dir", "--insecure"}),
              StatusIs(absl::StatusCode::kInvalidArgument, "flag --data-dir needs a value"));
  EXPECT_THAT(Parse({"--data-dir"}),
              StatusIs(absl::StatusCode::kInvalidArgument, "flag --data-dir needs a value"));
}

TEST(Flags, CheckConfigChecksAndDoesNotRun) {
  ASSERT_OK_AND_ASSIGN(ParsedConfig parsed, Parse({"--check-config"}));
  EXPECT_EQ(parsed.action, Action::kPrint);
  EXPECT_THAT(Parse({"--check-config", "--log.level=loud"}),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("expected debug, info, warning or error, got 'loud'")));
}

TEST(Flags, VersionAndHelpDoNotLookAtTheRest) {
  EXPECT_EQ(Parse({"--version", "--log.level=loud"})->action, Action::kPrintVersion);
  ASSERT_OK_AND_ASSIGN(ParsedConfig help, Parse({"--help"}));
  EXPECT_EQ(help.action, Action::kPrint);
  EXPECT_THAT(help.output, HasSubstr("--limits.event_bytes_max"));
}

}  // namespace
}  // namespace pavane::config
