// Written by hand and not with CLI11, which takes `--http.listen= --insecure` for the value
// "--insecure": an empty value must be possible, and must never swallow the next flag.
#include "config/command_line.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "absl/types/optional.h"
#include "absl/types/span.h"

#include "base/edit_distance.h"
#include "base/status_macros.h"
#include "config/keys.h"

namespace pavane::config {
namespace {

// A flag that is not a key.
struct Order {
  absl::string_view name;
  bool CommandLine::*member;
  absl::string_view help;
};

constexpr Order kOrders[] = {
    {"print-config", &CommandLine::print_config, "Print the configuration in force and exit."},
    {"check-config", &CommandLine::check_config, "Check the configuration and exit."},
    {"version", &CommandLine::version, "Print the version and exit."},
    {"help", &CommandLine::help, "Print this and exit."},
};

const Key* FindFlag(absl::string_view name) {
  if (name == "grpc-listen") return FindKey("grpc.listen");
  if (name == "http-listen") return FindKey("http.listen");
  return FindKey(absl::StrReplaceAll(name, {{"-", "_"}}));
}

bool IsBool(const Key& key) {
  Config config;
  return std::holds_alternative<bool*>(key.field(config));
}

bool IsList(const Key& key) {
  Config config;
  return std::holds_alternative<std::vector<std::string>*>(key.field(config));
}

absl::Status UnknownFlag(absl::string_view name) {
  std::optional<std::string> nearest = NearestKey(absl::StrReplaceAll(name, {{"-", "_"}}));
  if (!nearest || FindKey(*nearest) == nullptr) {
    std::vector<std::string> names = {"config", "grpc-listen", "http-listen"};
    for (const Order& order : kOrders) names.emplace_back(order.name);
    nearest = NearestName(name, names);
  }
  return absl::InvalidArgumentError(
      absl::StrCat("unknown flag '--", name, "'",
                   nearest ? absl::StrCat(" (did you mean '--", *nearest, "'?)") : ""));
}

// Goes through the arguments once, from left to right.
class Reader {
 public:
  explicit Reader(absl::Span<const char* const> arguments) : rest_(arguments) {}

  absl::StatusOr<CommandLine> Read() {
    while (!rest_.empty()) {
      absl::string_view argument = rest_.front();
      rest_.remove_prefix(1);
      RETURN_IF_ERROR(ReadFlag(argument));
    }
    return std::move(line_);
  }

 private:
  absl::Status ReadFlag(absl::string_view argument) {
    if (argument == "-h") argument = "--help";
    absl::string_view name = argument;
    if (!absl::ConsumePrefix(&name, "--") || name.empty()) {
      return absl::InvalidArgumentError(absl::StrCat("unexpected argument '", argument, "'"));
    }
    absl::optional<absl::string_view> value;
    size_t equals = name.find('=');
    if (equals != absl::string_view::npos) {
      value = name.substr(equals + 1);
      name = name.substr(0, equals);
    }
    for (const Order& order : kOrders) {
      if (name != order.name) continue;
      if (value) return absl::InvalidArgumentError(absl::StrCat("--", name, " takes no value"));
      line_.*order.member = true;
      return absl::OkStatus();
    }
    const Key* key = FindFlag(name);
    if (key == nullptr && name != "config") return UnknownFlag(name);
    if (!value && key != nullptr && IsBool(*key)) value = "true";
    if (!value) {
      ASSIGN_OR_RETURN(value, NextValue(name));
    }
    if (key == nullptr) {
      line_.config_file = std::string(*value);
    } else {
      Add(*key, *value);
    }
    return absl::OkStatus();
  }

  absl::StatusOr<absl::string_view> NextValue(absl::string_view name) {
    if (rest_.empty() || absl::StartsWith(rest_.front(), "--")) {
      return absl::InvalidArgumentError(absl::StrCat("flag --", name, " needs a value"));
    }
    absl::string_view value = rest_.front();
    rest_.remove_prefix(1);
    return value;
  }

  // A repeated list grows; of all others the last one wins.
  void Add(const Key& key, absl::string_view value) {
    for (auto& [name, text] : line_.flags) {
      if (name != key.name) continue;
      text = IsList(key) ? absl::StrCat(text, ",", value) : std::string(value);
      return;
    }
    line_.flags.emplace_back(key.name, value);
  }

  absl::Span<const char* const> rest_;
  CommandLine line_;
};

}  // namespace

absl::StatusOr<CommandLine> ParseCommandLine(int argc, const char* const* argv) {
  size_t count = argc > 0 ? static_cast<size_t>(argc) - 1 : 0;
  return Reader(absl::MakeConstSpan(argv + 1, count)).Read();
}

std::string HelpText() {
  std::string out =
      "Pavane, an event broker.\n"
      "Usage: pavaned [--config FILE] [--KEY VALUE]...\n\n"
      "  --config FILE\n      YAML file with any of the keys below.\n";
  for (const Order& order : kOrders) {
    absl::StrAppend(&out, "  --", order.name, "\n      ", order.help, "\n");
  }
  absl::StrAppend(&out, "\nKeys, with their defaults:\n");
  Config defaults;
  for (const Key& key : Keys()) {
    absl::StrAppend(&out, "  --", key.name, "=", FormatField(key.field(defaults)), "\n      ",
                    key.help, " (", DescribeField(key.field(defaults)), ")\n");
  }
  return out;
}

}  // namespace pavane::config
