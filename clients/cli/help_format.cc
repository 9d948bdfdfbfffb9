#include "clients/cli/help_format.h"

#include "clients/cli/command_tree.h"

namespace pavane::cli {

HelpFormat::HelpFormat() {
  label("SUBCOMMAND", "COMMAND");
  label("Positionals", "Arguments");
}

std::string HelpFormat::make_option_name(const CLI::Option* option, bool is_positional) const {
  return is_positional ? ValueName(*option) : option->get_name(false, true);
}

std::string HelpFormat::make_option_opts(const CLI::Option* option) const {
  if (option->get_type_size() == 0 || option->get_items_expected_max() == 0) return "";
  const bool many = option->get_expected_max() >= CLI::detail::expected_max_vector_size;
  const std::string value = option->get_positional() ? "" : " " + ValueName(*option);
  return value + (many ? " ..." : "");
}

}  // namespace pavane::cli
