// The command line as data, for what is generated from it.
#ifndef PAVANE_CLIENTS_CLI_COMMAND_TREE_H_
#define PAVANE_CLIENTS_CLI_COMMAND_TREE_H_

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "CLI/CLI.hpp"

namespace pavane::cli {

struct OptionInfo {
  // With their dashes: "--bus", "-b".
  std::vector<std::string> names;
  std::string description;
  bool takes_value = false;
  // As ValueName() says.
  std::string value_name;
  // The value is the name of a file; or a text that may be given as @FILE.
  bool takes_file = false;
  bool takes_at_file = false;
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
  // Its own, `own_options` of them, then those of the commands above, which are taken here as well.
  std::vector<OptionInfo> options;
  size_t own_options = 0;
  // Words that are not options, in their order; without names.
  std::vector<OptionInfo> positions;
};

// What the value of an option or argument is called: "BUS", "N", "table|json".
std::string ValueName(const CLI::Option& option);

// The program and all commands below it, each before its own children.
std::vector<CommandInfo> CommandTree(const CLI::App& app);

// "rule" and "put": "rule put".
std::string ChildPath(const CommandInfo& command, const std::string& child);

// The command of this path; null if there is none.
const CommandInfo* FindCommand(const std::vector<CommandInfo>& tree, const std::string& path);

}  // namespace pavane::cli

#endif  // PAVANE_CLIENTS_CLI_COMMAND_TREE_H_
