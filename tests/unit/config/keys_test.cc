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

TEST(Keys, HelpIsASentence) {
  for (const Key& key : Keys()) EXPECT_TRUE(absl::EndsWith(key.help, ".")) << key.name;
}

TEST(Keys, VariablesHaveTwoUnderscoresForTheDot) {
  EXPECT_EQ(FindKey("limits.event_bytes_max")->variable(), "PAVANE_LIMITS__EVENT_BYTES_MAX");
  EXPECT_EQ(FindKey("data_dir")->variable(), "PAVANE_DATA_DIR");
}

}  // namespace
}  // namespace pavane::config
