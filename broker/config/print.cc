#include "config/print.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"

#include "config/keys.h"

namespace pavane::config {
namespace {

// YAML's double quotes understand these escapes; nothing else in a value needs one.
std::string Quote(absl::string_view text) {
  return absl::StrCat(
      "\"",
      absl::StrReplaceAll(text, {{"\\", "\\\\"}, {"\"", "\\\""}, {"\n", "\\n"}, {"\t", "\\t"}}),
      "\"");
}

std::string YamlValue(const Field& field) {
  if (auto* text = std::get_if<std::string*>(&field)) return Quote(**text);
  if (auto* list = std::get_if<std::vector<std::string>*>(&field)) {
    return absl::StrCat(
        "[",
        absl::StrJoin(**list, ", ",
                      [](std::string* out, const std::string& item) { *out += Quote(item); }),
        "]");
  }
  return FormatField(field);
}

std::string Markdown(const Key& key) {
  Config defaults;
  Field field = key.field(defaults);
  std::string value = FormatField(field);
  // `|` would end the cell.
  return absl::StrReplaceAll(
      absl::StrCat("`", key.name, "` \x01 ", DescribeField(field), " \x01 ",
                   value.empty() || value == "[]" ? "" : absl::StrCat("`", value, "`"), " \x01 ",
                   key.help),
      {{"|", "\\|"}, {"\x01", "|"}});
}

}  // namespace

std::string PrintYaml(const Config& config, const std::map<std::string, std::string>& origins) {
  Config copy = config;  // fields are views of what may be changed
  std::string out;
  absl::string_view section;
  for (const Key& key : Keys()) {
    bool indented = !key.section().empty();
    if (key.section() != section) absl::StrAppend(&out, section = key.section(), ":\n");
    absl::string_view name = indented ? key.name.substr(section.size() + 1) : key.name;
    absl::StrAppend(&out, indented ? "  " : "", name, ": ", YamlValue(key.field(copy)));
    auto origin = origins.find(std::string(key.name));
    if (origin != origins.end()) absl::StrAppend(&out, "  # ", origin->second);
    out += '\n';
  }
  return out;
}

std::string MarkdownTables() {
  constexpr absl::string_view kHead = "| key | value | default | meaning |\n|---|---|---|---|\n";
  std::string out = absl::StrCat("### General\n\n", kHead);
  absl::string_view section;
  for (const Key& key : Keys()) {
    if (key.section() != section) {
      absl::StrAppend(&out, "\n### ", section = key.section(), "\n\n", kHead);
    }
    absl::StrAppend(&out, "| ", Markdown(key), " |\n");
  }
  return out;
}

}  // namespace pavane::config
