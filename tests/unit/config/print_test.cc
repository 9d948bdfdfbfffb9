#include "config/print.h"

#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/keys.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"
#include "tests/unit/config/parse_helper.h"

namespace pavane::config {
namespace {

using ::pavane::testing::TempDir;
using ::testing::HasSubstr;

TEST(PrintConfig, IsAFileThatGivesTheSameConfiguration) {
  ASSERT_OK_AND_ASSIGN(
      ParsedConfig first,
      Parse(
          {"--data-dir=/a \"quoted\" \\ path # not a comment", "--grpc.listen=127.0.0.1:1,unix:/s",
           "--http.listen=", "--retry.age_max=1h30m", "--durability=os", "--log.format=json",
           "--limits.event_bytes_max=12345", "--retry.backoff_factor=1.25",
           "--plugins=[{name: a, command: [x, 'y z', \"yes\"], environment: {A: '1', B: no}, "
           "working_dir: /w}, {name: b, command: [a-long-program-name-so-that-the-line-would-have-"
           "to-be-broken-if-the-emitter-did-that, and, some, arguments]}]",
           "--print-config"}));
  ASSERT_EQ(first.action, Action::kPrint);
  TempDir folder;
  std::ofstream(folder.File("printed.yaml")) << first.output;
  ASSERT_OK_AND_ASSIGN(ParsedConfig second, Parse({"--config=" + folder.File("printed.yaml")}));
  for (const Key& key : Keys()) {
    EXPECT_EQ(FormatField(key.field(first.config)), FormatField(key.field(second.config)))
        << key.name << "\n"
        << first.output;
  }
}

TEST(PrintConfig, TellsWhereAValueComesFrom) {
  ASSERT_OK_AND_ASSIGN(ParsedConfig parsed,
                       Parse({"--print-config", "--log.level=debug"}, {"PAVANE_DURABILITY=os"}));
  EXPECT_THAT(parsed.output, HasSubstr("\n  level: debug  # flag --log.level\n"));
  EXPECT_THAT(parsed.output, HasSubstr("durability: os  # environment PAVANE_DURABILITY\n"));
  EXPECT_THAT(parsed.output, HasSubstr("\n  format: text\n"));
}

}  // namespace
}  // namespace pavane::config
