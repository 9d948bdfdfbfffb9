// What is wrong with a command line, said so that the next try is right.
#ifndef PAVANE_CLIENTS_CLI_USAGE_H_
#define PAVANE_CLIENTS_CLI_USAGE_H_

#include <string>

#include "CLI/CLI.hpp"

namespace pavane::cli {

// The command that the words named, as far as they named one: "pavane rule put".
std::string CommandPath(const CLI::App& app);

// One line without the command's name. `app` has just thrown `error` while parsing.
std::string ExplainParseError(const CLI::App& app, const CLI::ParseError& error);

}  // namespace pavane::cli

#endif  // PAVANE_CLIENTS_CLI_USAGE_H_
