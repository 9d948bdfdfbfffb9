// Completion scripts for shells, made of the command line itself.
#ifndef PAVANE_CLIENTS_CLI_COMPLETION_H_
#define PAVANE_CLIENTS_CLI_COMPLETION_H_

#include <string>

#include "CLI/CLI.hpp"

namespace pavane::cli {

// Each knows every command, option and enumerated value of `app`; options of type FILE and
// positions complete file names. To be sourced by the shell.
std::string BashCompletion(const CLI::App& app);
std::string ZshCompletion(const CLI::App& app);
std::string FishCompletion(const CLI::App& app);

}  // namespace pavane::cli

#endif  // PAVANE_CLIENTS_CLI_COMPLETION_H_
