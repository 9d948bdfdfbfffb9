// The command line as data, for what is generated from it.
#ifndef PAVANE_CLIENTS_CLI_COMMAND_TREE_H_
#define PAVANE_CLIENTS_CLI_COMMAND_TREE_H_

#include <string>
#include <vector>

#include "CLI/CLI.hpp"

namespace pavane::cli {

struct OptionInfo {
  // With their dashes: "--bus", "-b".
  std::vector<std::string> names;
  std::string description;
  bool takes_value = false;
  bool takes_file = false;
  // The values it takes, if they are enumerated.
  std::vector<std::string> values;
};

struct CommandInfo {
  // Without the program's name: "rule put"; empty for the program itself.
  std::string path;
  std::string name;
  std::string description;
  // Names and descriptions of the commands below, in their order.
  std::vector<std::pair<std::string, std::string>> children;
  // Its own, then those of the commands above, which are taken here as well.
  std::vector<OptionInfo> options;
  // It takes a word that is not an option, whose name may be a file's.
  bool takes_file = false;
  // Values of its first position, if they are enumerated.
  std::vector<std::string> values;
};

// The program and all commands below it, each before its own children.
std::vector<CommandInfo> CommandTree(const CLI::App& app);

}  // namespace pavane::cli

#endif  // PAVANE_CLIENTS_CLI_COMMAND_TREE_H_
