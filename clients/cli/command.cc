#include "clients/cli/command.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

#include "clients/cli/byte_size.h"
#include "clients/cli/duration.h"
#include "clients/cli/timestamp.h"

namespace pavane::cli {
namespace {

// An option read by `parse`, which is tried first as a check, so that CLI11 reports its message.
template <typename T, typename Parse>
CLI::Option* AddParsed(CLI::App* command, const std::string& name, std::optional<T>* value,
                       const std::string& help, Parse parse) {
  CLI::Option* option = command->add_option_function<std::string>(
      name, [value, parse](const std::string& text) { *value = *parse(text); }, help);
  return option->check(
      [parse](const std::string& text) { return std::string(parse(text).status().message()); });
}

}  // namespace

CLI::App* AddCommand(CLI::App* parent, const std::string& name, const std::string& description) {
  return parent->add_subcommand(name, description)->fallthrough()->group("Commands");
}

CLI::App* AddGroup(CLI::App* parent, const std::string& name, const std::string& description) {
  return AddCommand(parent, name, description)->require_subcommand(1);
}

CLI::Option* AddText(CLI::App* command, const std::string& name, std::optional<std::string>* value,
                     const std::string& help) {
  return command->add_option_function<std::string>(
      name, [value](const std::string& text) { *value = text; }, help);
}

CLI::Option* AddDuration(CLI::App* command, const std::string& name,
                         std::optional<absl::Duration>* value, const std::string& help) {
  return AddParsed(command, name, value, help,
                   [](const std::string& text) { return ParseDuration(text); })
      ->type_name("DURATION");
}

CLI::Option* AddTime(CLI::App* command, const std::string& name, std::optional<absl::Time>* value,
                     const std::string& help) {
  // One now for all options, so that --since 1h --until 1h is empty and not odd.
  const absl::Time now = absl::Now();
  return AddParsed(command, name, value, help,
                   [now](const std::string& text) { return ParseTime(text, now); })
      ->type_name("TIME");
}

CLI::Option* AddByteSize(CLI::App* command, const std::string& name, std::optional<uint64_t>* value,
                         const std::string& help) {
  return AddParsed(command, name, value, help,
                   [](const std::string& text) { return ParseByteSize(text); })
      ->type_name("SIZE");
}

CLI::Option* AddNumber(CLI::App* command, const std::string& name, std::optional<uint64_t>* value,
                       const std::string& help, uint64_t min, uint64_t max) {
  const auto parse = [min, max](const std::string& text) -> absl::StatusOr<uint64_t> {
    uint64_t number = 0;
    if (absl::SimpleAtoi(text, &number) && number >= min && number <= max) return number;
    return absl::InvalidArgumentError(
        absl::StrCat("'", text, "' is not a whole number from ", min,
                     max == UINT64_MAX ? " on" : absl::StrCat(" to ", max)));
  };
  return AddParsed(command, name, value, help, parse)->type_name("N");
}

CLI::Option* AddRepeated(CLI::App* command, const std::string& name,
                         std::vector<std::string>* values, const std::string& help) {
  // Without allow_extra_args(false) the option would swallow the words after its value.
  return command->add_option(name, *values, help)->allow_extra_args(false);
}

CLI::Option* AddBus(CLI::App* command, std::string* bus, const std::string& help) {
  return command->add_option("--bus,-b", *bus, help)->type_name("BUS");
}

}  // namespace pavane::cli
