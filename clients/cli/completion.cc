// All three scripts work alike. They walk the words before the cursor to find the command
// (`where`), skipping words that are values of options; then they offer the values of the option
// before the cursor, or the command's options, or what may follow the command. bash and zsh do so
// in a function; fish gets one declaration for each word, guarded by a function that finds `where`.
#include "clients/cli/completion.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"

#include "clients/cli/command_tree.h"

namespace pavane::cli {
namespace {

// A word in single quotes of a POSIX shell.
std::string Quote(absl::string_view text) {
  return absl::StrCat("'", absl::StrReplaceAll(text, {{"'", "'\\''"}}), "'");
}

std::string FishQuote(absl::string_view text) {
  return absl::StrCat("'", absl::StrReplaceAll(text, {{"\\", "\\\\"}, {"'", "\\'"}}), "'");
}

// For `_describe`, which splits at the first colon.
std::string ZshDescribed(absl::string_view name, absl::string_view description) {
  return Quote(absl::StrCat(absl::StrReplaceAll(name, {{":", "\\:"}}), ":", description));
}

// 'rule put --bus'|'rule put -b': the option in its place, as a pattern of `case`.
std::string PlacePattern(const CommandInfo& command, const OptionInfo& option) {
  return absl::StrJoin(option.names, "|", [&](std::string* out, const std::string& name) {
    absl::StrAppend(out, Quote(absl::StrCat(command.path, " ", name)));
  });
}

// The part that bash and zsh share: sets `where` from `words`, an array that ends before the
// cursor.
std::string FindWhere(const std::vector<CommandInfo>& tree) {
  std::string out =
      "    if [[ -n $skip ]]; then skip=; continue; fi\n    case \"$where $word\" in\n";
  for (const CommandInfo& command : tree) {
    for (const OptionInfo& option : command.options) {
      if (!option.takes_value) continue;
      absl::StrAppend(&out, "      ", PlacePattern(command, option), ") skip=1 ;;\n");
    }
    for (const auto& [name, description] : command.children) {
      const std::string path = absl::StrCat(command.path, command.path.empty() ? "" : " ", name);
      absl::StrAppend(&out, "      ", Quote(absl::StrCat(command.path, " ", name)),
                      ") where=", Quote(path), " ;;\n");
    }
  }
  return out + "    esac\n";
}

std::string BashWords(const CommandInfo& command) {
  std::vector<std::string> words;
  for (const auto& [name, description] : command.children) words.push_back(name);
  words.insert(words.end(), command.values.begin(), command.values.end());
  return absl::StrJoin(words, " ");
}

std::string BashOptions(const CommandInfo& command) {
  return absl::StrJoin(command.options, " ", [](std::string* out, const OptionInfo& option) {
    absl::StrAppend(out, absl::StrJoin(option.names, " "));
  });
}

void AppendBashValues(const std::vector<CommandInfo>& tree, std::string* out) {
  for (const CommandInfo& command : tree) {
    for (const OptionInfo& option : command.options) {
      if (!option.takes_value) continue;
      absl::StrAppend(out, "    ", PlacePattern(command, option), ") ");
      if (!option.values.empty()) {
        absl::StrAppend(out, "words=", Quote(absl::StrJoin(option.values, " ")));
      } else if (option.takes_file) {
        absl::StrAppend(out, "files=1");
      } else {
        absl::StrAppend(out, "return");
      }
      absl::StrAppend(out, " ;;\n");
    }
  }
}

void AppendBashCommands(const std::vector<CommandInfo>& tree, std::string* out) {
  for (const CommandInfo& command : tree) {
    absl::StrAppend(out, "      ", Quote(command.path),
                    ")\n        options=", Quote(BashOptions(command)),
                    "\n        words=", Quote(BashWords(command)), "\n");
    if (command.takes_file) absl::StrAppend(out, "        files=1\n");
    absl::StrAppend(out, "        ;;\n");
  }
}

void AppendZshValues(const std::vector<CommandInfo>& tree, std::string* out) {
  for (const CommandInfo& command : tree) {
    for (const OptionInfo& option : command.options) {
      if (!option.takes_value) continue;
      absl::StrAppend(out, "    ", PlacePattern(command, option), ") ");
      if (!option.values.empty())
        absl::StrAppend(out, "compadd -- ", absl::StrJoin(option.values, " "), "; ");
      if (option.takes_file) absl::StrAppend(out, "_files; ");
      absl::StrAppend(out, "return ;;\n");
    }
  }
}

void AppendZshCommands(const std::vector<CommandInfo>& tree, std::string* out) {
  for (const CommandInfo& command : tree) {
    absl::StrAppend(out, "    ", Quote(command.path), ")\n      commands=(");
    for (const auto& [name, description] : command.children) {
      absl::StrAppend(out, "\n        ", ZshDescribed(name, description));
    }
    absl::StrAppend(out, ")\n      options=(");
    for (const OptionInfo& option : command.options) {
      for (const std::string& name : option.names) {
        absl::StrAppend(out, "\n        ", ZshDescribed(name, option.description));
      }
    }
    absl::StrAppend(out, ")\n");
    if (!command.values.empty()) {
      absl::StrAppend(out, "      compadd -- ", absl::StrJoin(command.values, " "), "\n");
    }
    if (command.takes_file) absl::StrAppend(out, "      [[ $PREFIX == -* ]] || _files\n");
    absl::StrAppend(out, "      ;;\n");
  }
}

void AppendFishOption(const CommandInfo& command, const OptionInfo& option, std::string* out) {
  absl::StrAppend(out, "complete -c pavane -n ",
                  FishQuote(absl::StrCat("__pavane_at ", FishQuote(command.path))));
  for (const std::string& name : option.names) {
    const bool is_long = name.size() > 2;
    absl::StrAppend(out, is_long ? " -l " : " -s ", name.substr(is_long ? 2 : 1));
  }
  if (option.takes_value) absl::StrAppend(out, option.takes_file ? " -r -F" : " -x");
  if (!option.values.empty()) {
    absl::StrAppend(out, " -a ", FishQuote(absl::StrJoin(option.values, " ")));
  }
  absl::StrAppend(out, " -d ", FishQuote(option.description), "\n");
}

void AppendFishCommand(const CommandInfo& command, std::string* out) {
  const std::string condition = FishQuote(absl::StrCat("__pavane_at ", FishQuote(command.path)));
  for (const auto& [name, description] : command.children) {
    absl::StrAppend(out, "complete -c pavane -n ", condition, " -a ", FishQuote(name), " -d ",
                    FishQuote(description), "\n");
  }
  for (const std::string& value : command.values) {
    absl::StrAppend(out, "complete -c pavane -n ", condition, " -a ", FishQuote(value), "\n");
  }
  if (command.takes_file) absl::StrAppend(out, "complete -c pavane -n ", condition, " -F\n");
  for (const OptionInfo& option : command.options) AppendFishOption(command, option, out);
}

std::string FishCases(const std::vector<CommandInfo>& tree) {
  std::string out;
  for (const CommandInfo& command : tree) {
    for (const OptionInfo& option : command.options) {
      if (!option.takes_value) continue;
      for (const std::string& name : option.names) {
        absl::StrAppend(&out, "            case ", FishQuote(absl::StrCat(command.path, " ", name)),
                        "\n                set skip 1\n");
      }
    }
    for (const auto& [name, description] : command.children) {
      const std::string path = absl::StrCat(command.path, command.path.empty() ? "" : " ", name);
      absl::StrAppend(&out, "            case ", FishQuote(absl::StrCat(command.path, " ", name)),
                      "\n                set where ", FishQuote(path), "\n");
    }
  }
  return out;
}

}  // namespace

std::string BashCompletion(const CLI::App& app) {
  const std::vector<CommandInfo> tree = CommandTree(app);
  std::string out = absl::StrCat(
      "# bash completion for pavane: source <(pavane completion bash)\n"
      "_pavane() {\n"
      "  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}\n"
      "  local where= skip= word words= options= files=\n"
      "  COMPREPLY=()\n"
      "  for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n",
      FindWhere(tree),
      "  done\n"
      "  case \"$where $previous\" in\n");
  AppendBashValues(tree, &out);
  absl::StrAppend(&out,
                  "    *)\n"
                  "    case \"$where\" in\n");
  AppendBashCommands(tree, &out);
  absl::StrAppend(&out,
                  "    esac ;;\n"
                  "  esac\n"
                  "  if [[ $current == -* ]]; then words=$options; files=; fi\n"
                  "  COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n"
                  "  if [[ -n $files ]]; then\n"
                  "    compopt -o filenames 2>/dev/null\n"
                  "    mapfile -t -O ${#COMPREPLY[@]} COMPREPLY < <(compgen -f -- \"$current\")\n"
                  "  fi\n"
                  "}\n"
                  "complete -F _pavane pavane\n");
  return out;
}

std::string ZshCompletion(const CLI::App& app) {
  const std::vector<CommandInfo> tree = CommandTree(app);
  std::string out = absl::StrCat(
      "#compdef pavane\n"
      "# zsh completion for pavane: source <(pavane completion zsh), or save as _pavane in fpath\n"
      "_pavane() {\n"
      "  local where= skip= word\n"
      "  local -a commands options\n"
      "  for word in \"${(@)words[2,CURRENT-1]}\"; do\n",
      FindWhere(tree),
      "  done\n"
      "  [[ -z $skip ]] || case \"$where ${words[CURRENT-1]}\" in\n");
  AppendZshValues(tree, &out);
  absl::StrAppend(&out,
                  "  esac\n"
                  "  case \"$where\" in\n");
  AppendZshCommands(tree, &out);
  absl::StrAppend(&out,
                  "  esac\n"
                  "  if [[ $PREFIX == -* ]]; then\n"
                  "    _describe -o 'option' options\n"
                  "  elif (( ${#commands} )); then\n"
                  "    _describe 'command' commands\n"
                  "  fi\n"
                  "}\n"
                  "if [[ ${funcstack[1]} == _pavane ]]; then _pavane \"$@\"; else compdef _pavane "
                  "pavane; fi\n");
  return out;
}

std::string FishCompletion(const CLI::App& app) {
  const std::vector<CommandInfo> tree = CommandTree(app);
  std::string out = absl::StrCat(
      "# fish completion for pavane: pavane completion fish | source\n"
      "function __pavane_at\n"
      "    set -l where ''\n"
      "    set -l skip\n"
      "    set -l before (commandline -opc)\n"
      "    for word in $before[2..-1]\n"
      "        if set -q skip[1]\n"
      "            set -e skip[1]\n"
      "            continue\n"
      "        end\n"
      "        switch \"$where $word\"\n",
      FishCases(tree),
      "        end\n"
      "    end\n"
      "    test \"$where\" = \"$argv[1]\"\n"
      "end\n"
      "complete -c pavane -f\n");
  for (const CommandInfo& command : tree) AppendFishCommand(command, &out);
  return out;
}

}  // namespace pavane::cli
