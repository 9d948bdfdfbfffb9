// How `--help` looks.
#ifndef PAVANE_CLIENTS_CLI_HELP_FORMAT_H_
#define PAVANE_CLIENTS_CLI_HELP_FORMAT_H_

#include <string>

#include "CLI/CLI.hpp"

namespace pavane::cli {

// CLI11's own page, with values by their names and without what only a program would want to know:
// the type and range of a number, which options exclude each other. A wrong combination is told
// when it is given.
class HelpFormat : public CLI::Formatter {
 public:
  HelpFormat();
  std::string make_option_name(const CLI::Option* option, bool is_positional) const override;
  std::string make_option_opts(const CLI::Option* option) const override;
};

}  // namespace pavane::cli

#endif  // PAVANE_CLIENTS_CLI_HELP_FORMAT_H_
