#include "config/field.h"

#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

#include "base/status_macros.h"
#include "config/plugin_yaml.h"
#include "config/value_text.h"

namespace pavane::config {
namespace {

template <typename Enum>
struct Choice {
  absl::string_view name;
  Enum value;
};

constexpr Choice<Durability> kDurabilities[] = {{"fsync", Durability::kFsync},
                                                {"os", Durability::kOs}};
constexpr Choice<LogLevel> kLogLevels[] = {{"debug", LogLevel::kDebug},
                                           {"info", LogLevel::kInfo},
                                           {"warning", LogLevel::kWarning},
                                           {"error", LogLevel::kError}};
constexpr Choice<LogFormat> kLogFormats[] = {{"text", LogFormat::kText},
                                             {"json", LogFormat::kJson}};

constexpr const auto& Choices(const Durability*) { return kDurabilities; }
constexpr const auto& Choices(const LogLevel*) { return kLogLevels; }
constexpr const auto& Choices(const LogFormat*) { return kLogFormats; }

template <typename Enum>
std::string ChoiceNames(const Enum* tag) {
  std::vector<absl::string_view> names;
  for (const auto& choice : Choices(tag)) names.push_back(choice.name);
  absl::string_view last = names.back();
  names.pop_back();
  return absl::StrCat(absl::StrJoin(names, ", "), " or ", last);
}

template <typename T>
absl::Status StoreWithin(T value, T min, T max, const std::string& range, T* to) {
  if (value < min || max < value)
    return absl::InvalidArgumentError(absl::StrCat("must be ", range));
  *to = value;
  return absl::OkStatus();
}

struct Setter {
  absl::string_view text;

  absl::Status operator()(bool* to) const {
    ASSIGN_OR_RETURN(*to, ParseBool(text));
    return absl::OkStatus();
  }
  absl::Status operator()(std::string* to) const {
    *to = std::string(text);
    return absl::OkStatus();
  }
  absl::Status operator()(std::vector<std::string>* to) const {
    std::vector<std::string> items;
    for (absl::string_view item : absl::StrSplit(text, ',', absl::SkipWhitespace())) {
      items.emplace_back(absl::StripAsciiWhitespace(item));
    }
    *to = std::move(items);
    return absl::OkStatus();
  }
  template <typename Enum>
  requires std::is_enum_v<Enum> absl::Status operator()(Enum* to) const {
    for (const auto& choice : Choices(to)) {
      if (text == choice.name) {
        *to = choice.value;
        return absl::OkStatus();
      }
    }
    return absl::InvalidArgumentError(
        absl::StrCat("expected ", ChoiceNames(to), ", got '", text, "'"));
  }
  absl::Status operator()(const IntegerField& to) const {
    ASSIGN_OR_RETURN(uint64_t value, ParseInteger(text));
    return StoreWithin(value, to.min, to.max, absl::StrCat(to.min, " to ", to.max), to.value);
  }
  absl::Status operator()(const SizeField& to) const {
    ASSIGN_OR_RETURN(uint64_t value, ParseSize(text));
    return StoreWithin(value, to.min, to.max,
                       absl::StrCat(PrintSize(to.min), " to ", PrintSize(to.max)), to.value);
  }
  absl::Status operator()(const NumberField& to) const {
    ASSIGN_OR_RETURN(double value, ParseNumber(text));
    return StoreWithin(value, to.min, to.max,
                       absl::StrCat(PrintNumber(to.min), " to ", PrintNumber(to.max)), to.value);
  }
  absl::Status operator()(const DurationField& to) const {
    ASSIGN_OR_RETURN(absl::Duration value, ParseDuration(text));
    return StoreWithin(value, to.min, to.max,
                       absl::StrCat(PrintDuration(to.min), " to ", PrintDuration(to.max)),
                       to.value);
  }
  absl::Status operator()(std::vector<PluginConfig>* to) const {
    ASSIGN_OR_RETURN(*to, ParsePluginsYaml(text));
    return absl::OkStatus();
  }
};

struct Formatter {
  std::string operator()(const bool* value) const { return *value ? "true" : "false"; }
  std::string operator()(const std::string* value) const { return *value; }
  std::string operator()(const std::vector<std::string>* value) const {
    return absl::StrJoin(*value, ",");
  }
  template <typename Enum>
  requires std::is_enum_v<Enum> std::string operator()(const Enum* value) const {
    for (const auto& choice : Choices(value)) {
      if (*value == choice.value) return std::string(choice.name);
    }
    return "";
  }
  std::string operator()(const IntegerField& f) const { return absl::StrCat(*f.value); }
  std::string operator()(const SizeField& f) const { return PrintSize(*f.value); }
  std::string operator()(const NumberField& f) const { return PrintNumber(*f.value); }
  std::string operator()(const DurationField& f) const { return PrintDuration(*f.value); }
  std::string operator()(const std::vector<PluginConfig>* value) const {
    return FormatPluginsYaml(*value);
  }
};

struct Describer {
  std::string operator()(const bool*) const { return "true or false"; }
  std::string operator()(const std::string*) const { return "text"; }
  std::string operator()(const std::vector<std::string>*) const { return "list"; }
  template <typename Enum>
  requires std::is_enum_v<Enum> std::string operator()(const Enum* value) const {
    return ChoiceNames(value);
  }
  std::string operator()(const IntegerField& f) const {
    return absl::StrCat("integer, ", f.min, " to ", f.max);
  }
  std::string operator()(const SizeField& f) const {
    return absl::StrCat("size, ", PrintSize(f.min), " to ", PrintSize(f.max));
  }
  std::string operator()(const NumberField& f) const {
    return absl::StrCat("number, ", PrintNumber(f.min), " to ", PrintNumber(f.max));
  }
  std::string operator()(const DurationField& f) const {
    return absl::StrCat("duration, ", PrintDuration(f.min), " to ", PrintDuration(f.max));
  }
  std::string operator()(const std::vector<PluginConfig>*) const { return "list of plugins"; }
};

}  // namespace

absl::Status SetField(const Field& field, absl::string_view text) {
  return std::visit(Setter{text}, field);
}
std::string FormatField(const Field& field) { return std::visit(Formatter(), field); }
std::string DescribeField(const Field& field) { return std::visit(Describer(), field); }

}  // namespace pavane::config
