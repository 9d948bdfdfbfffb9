#include "config/keys.h"

#include <set>
#include <string>

#include "absl/strings/match.h"
#include <gtest/gtest.h>

#include "tests/support/status_matchers.h"

namespace pavane::config {
namespace {

TEST(Keys, NamesAreUniqueAndSectionsStandTogether) {
  std::set<absl::string_view> names, sections;
  absl::string_view section;
  for (const Key& key : Keys()) {
    EXPECT_TRUE(names.insert(key.name).second) << key.name;
    if (key.section() != section) {
      EXPECT_TRUE(sections.insert(key.section()).second) << key.name;
    }
    section = key.section();
  }
}

TEST(Keys, EachKeyIsAFieldOfItsOwn) {
  Config config;
  std::set<const void*> fields;
  for (const Key& key : Keys()) {
    const void* address = std::visit(
        [](const auto& field) -> const void* {
          if constexpr (std::is_pointer_v<std::decay_t<decltype(field)>>) {
            return field;
          } else {
            return field.value;
          }
        },
        key.field(config));
    EXPECT_TRUE(fields.insert(address).second) << key.name;
  }
}

TEST(Keys, DefaultsLieWithinTheirBoundsAndReadBack) {
  for (const Key& key : Keys()) {
    Config defaults, again;
    std::string text = FormatField(key.field(defaults));
    EXPECT_OK(SetField(key.field(again), text)) << key.name << " = " << text;
    EXPECT_EQ(FormatField(key.field(again)), text) << key.name;
  }
}

// What a rule may not say, no default may either (admin/target_check.h).
TEST(Keys, DefaultsOfRetriesHaveTheBoundsOfARulesPolicy) {
  struct Case {
    const char* key;
    const char* most;
    const char* more;
  };
  for (const Case& c : {Case{"retry.retries_max", "185", "186"},
                        {"retry.age_max", "24h", "24h1s"},
                        {"retry.backoff_initial", "24h", "24h1s"},
                        {"retry.backoff_factor", "10", "10.5"},
                        {"retry.backoff_max", "24h", "24h1s"}}) {
    Config config;
    EXPECT_OK(SetField(FindKey(c.key)->field(config), c.most)) << c.key;
    EXPECT_FALSE(SetField(FindKey(c.key)->field(config), c.more).ok()) << c.key;
  }
}

TEST(Keys, HelpIsASentence) {
  for (const Key& key : Keys()) EXPECT_TRUE(absl::EndsWith(key.help, ".")) << key.name;
}

TEST(Keys, VariablesHaveTwoUnderscoresForTheDot) {
  EXPECT_EQ(FindKey("limits.event_bytes_max")->variable(), "PAVANE_LIMITS__EVENT_BYTES_MAX");
  EXPECT_EQ(FindKey("data_dir")->variable(), "PAVANE_DATA_DIR");
}

}  // namespace
}  // namespace pavane::config
