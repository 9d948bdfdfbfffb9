#include "clients/cli/command_tree.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

namespace pavane::cli {
namespace {

// The type's name carries enumerated values: "TEXT:{table,json}" or "{rejected,...}".
std::vector<std::string> ValuesOf(const std::string& type_name) {
  const size_t open = type_name.find('{');
  const size_t close = type_name.rfind('}');
  if (open == std::string::npos || close == std::string::npos || close < open) return {};
  return absl::StrSplit(type_name.substr(open + 1, close - open - 1), ',');
}

}  // namespace

std::string ValueName(const CLI::Option& option) {
  const std::string& type = option.get_type_name();
  const std::vector<std::string> values = ValuesOf(type);
  if (!values.empty()) return absl::StrJoin(values, "|");
  // A check appends its own text: "N:INT in [0 - 185]".
  return type.substr(0, type.find(':'));
}

namespace {

OptionInfo Describe(const CLI::Option& option) {
  OptionInfo info;
  for (const std::string& name : option.get_lnames()) info.names.push_back("--" + name);
  for (const std::string& name : option.get_snames()) info.names.push_back("-" + name);
  info.description = option.get_description();
  info.takes_value = option.get_items_expected_max() > 0;
  info.value_name = ValueName(option);
  info.values = ValuesOf(option.get_type_name());
  info.takes_file = option.get_type_name() == "FILE";
  info.takes_at_file = absl::StrContains(info.description, "@FILE");
  return info;
}

void AddOptions(const CLI::App& app, CommandInfo* command) {
  for (const CLI::Option* option : app.get_options()) {
    if (option->nonpositional()) command->options.push_back(Describe(*option));
  }
}

void AddPositions(const CLI::App& app, CommandInfo* command) {
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_positional()) command->positions.push_back(Describe(*option));
  }
}

std::string JoinPath(const std::string& path, const std::string& child) {
  return absl::StrCat(path, path.empty() ? "" : " ", child);
}

void AddCommands(const CLI::App& app, const std::string& path, std::vector<const CLI::App*> above,
                 std::vector<CommandInfo>* tree) {
  CommandInfo command;
  command.path = path;
  command.name = app.get_name();
  command.description = app.get_description();
  AddOptions(app, &command);
  command.own_options = command.options.size();
  for (const CLI::App* parent : above) {
    // --help is everybody's own already; the program's options are taken after any command.
    for (const CLI::Option* option : parent->get_options()) {
      if (option->nonpositional() && option != parent->get_help_ptr() &&
          !absl::StrContains(option->get_name(), "--version")) {
        command.options.push_back(Describe(*option));
      }
    }
  }
  AddPositions(app, &command);
  const auto children = app.get_subcommands([](const CLI::App*) { return true; });
  for (const CLI::App* child : children) {
    command.children.emplace_back(child->get_name(), child->get_description());
  }
  tree->push_back(std::move(command));
  above.push_back(&app);
  for (const CLI::App* child : children) {
    AddCommands(*child, JoinPath(path, child->get_name()), above, tree);
  }
}

}  // namespace

std::vector<CommandInfo> CommandTree(const CLI::App& app) {
  std::vector<CommandInfo> tree;
  AddCommands(app, "", {}, &tree);
  return tree;
}

std::string ChildPath(const CommandInfo& command, const std::string& child) {
  return JoinPath(command.path, child);
}

const CommandInfo* FindCommand(const std::vector<CommandInfo>& tree, const std::string& path) {
  for (const CommandInfo& command : tree) {
    if (command.path == path) return &command;
  }
  return nullptr;
}

}  // namespace pavane::cli
