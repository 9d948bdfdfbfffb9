#include "clients/cli/usage.h"

#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

#include "clients/cli/command_tree.h"
#include "clients/cli/nearest_name.h"

namespace pavane::cli {
namespace {

std::vector<std::string> CommandNames(const CommandInfo& command) {
  std::vector<std::string> names;
  for (const auto& [name, description] : command.children) names.push_back(name);
  return names;
}

// "put, get or list"
std::string Enumerate(std::vector<std::string> names) {
  const std::string last = names.back();
  names.pop_back();
  return names.empty() ? last : absl::StrCat(absl::StrJoin(names, ", "), " or ", last);
}

std::string UnknownOption(const CommandInfo& command, const std::string& word) {
  const std::string name = word.substr(0, word.find('='));
  std::vector<std::string> names;
  // Any letter is near any other: "-p" is no mistyped "-h".
  for (const OptionInfo& option : command.options) {
    for (const std::string& known : option.names) {
      if (name.size() > 2 || known.size() > 2) names.push_back(known);
    }
  }
  return absl::StrCat("there is no option '", name, "'", DidYouMean(NearestName(name, names)));
}

std::string UnknownCommand(const CommandInfo& command, const std::string& word) {
  std::vector<std::string> names = CommandNames(command);
  if (word == "help") return "there is no command 'help'; did you mean '--help'?";
  const std::optional<std::string> nearest = NearestName(word, names);
  return absl::StrCat(
      "there is no command '", word, "'",
      nearest ? DidYouMean(nearest) : absl::StrCat("; give ", Enumerate(std::move(names))));
}

// The first word that nothing took is what went wrong first, whatever is missing for it.
std::string ExplainLeftOver(const CommandInfo& command, const std::string& word) {
  if (word.size() > 1 && word[0] == '-') return UnknownOption(command, word);
  if (!command.children.empty()) return UnknownCommand(command, word);
  return absl::StrCat("the word '", word, "' is one too many; a text with spaces needs quotes");
}

// A required argument by what it is, not by its name within.
std::string MissingPart(const CLI::App& command, const CLI::ParseError& error) {
  for (const CLI::Option* option : command.get_options()) {
    if (!option->get_required() || option->count() > 0) continue;
    return absl::StrCat(option->get_positional() ? ValueName(*option) : option->get_name(),
                        " is missing");
  }
  return error.what();
}

// CLI11 says "--type: 1 required TYPE missing", here or of a command above.
std::string MissingValue(const CLI::App& command, const CLI::ParseError& error) {
  const std::string text = error.what();
  const std::string name = text.substr(0, text.find(':'));
  for (const CLI::App* at = &command; at != nullptr; at = at->get_parent()) {
    const CLI::Option* option = at->get_option_no_throw(name);
    if (option != nullptr) return absl::StrCat(name, " needs a value: ", ValueName(*option));
  }
  return text;
}

}  // namespace

std::string CommandPath(const CLI::App& app) {
  std::string path = app.get_name();
  for (const CLI::App* at = &app; !at->get_subcommands().empty();) {
    at = at->get_subcommands().front();
    absl::StrAppend(&path, " ", at->get_name());
  }
  return path;
}

std::string ExplainParseError(const CLI::App& app, const CLI::ParseError& error) {
  const std::vector<CommandInfo> tree = CommandTree(app);
  const CommandInfo* command = &tree.front();
  const CLI::App* at = &app;
  while (!at->get_subcommands().empty()) {
    at = at->get_subcommands().front();
    command = FindCommand(tree, ChildPath(*command, at->get_name()));
  }
  // An error has the name of its class, or of the command it came from.
  const bool missing = error.get_exit_code() == static_cast<int>(CLI::ExitCodes::RequiredError);
  const bool extra = error.get_exit_code() == static_cast<int>(CLI::ExitCodes::ExtrasError);
  const std::vector<std::string> left = app.remaining(/*recurse=*/true);
  if (!left.empty() && (missing || extra)) {
    return ExplainLeftOver(*command, left.front());
  }
  if (missing && !command->children.empty()) {
    return absl::StrCat("a command is missing: ", Enumerate(CommandNames(*command)));
  }
  if (missing) return MissingPart(*at, error);
  if (error.get_name() == "ArgumentMismatch") return MissingValue(*at, error);
  return error.what();
}

}  // namespace pavane::cli
