// pavane completion bash | zsh | fish, and what their scripts ask: completion candidates
#include <array>
#include <ostream>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

#include "clients/cli/address.h"
#include "clients/cli/broker_names.h"
#include "clients/cli/command.h"
#include "clients/cli/completion.h"
#include "clients/cli/completion_script.h"

namespace pavane::cli {
namespace {

struct ShellName {
  Shell shell;
  absl::string_view name;
  // The line that takes the script into use.
  absl::string_view use;
};

constexpr std::array<ShellName, 3> kShells = {{
    {Shell::kBash, "bash", "source <(pavane completion bash)"},
    {Shell::kZsh, "zsh", "source <(pavane completion zsh)"},
    {Shell::kFish, "fish", "pavane completion fish | source"},
}};

// Long enough for a broker nearby, short enough for a person who has pressed a key.
constexpr absl::Duration kPatience = absl::Milliseconds(500);

// Names of the broker's own things, when one answers at once.
void AddBrokerNames(const std::string& typed, Candidates* candidates) {
  if (candidates->value_name.empty()) return;
  const auto broker = Connection::To(ChooseAddress(candidates->address), kPatience);
  if (!broker.ok()) return;
  // "--bus=book": the value is what stands behind the sign.
  const size_t value = absl::StartsWith(typed, "-") ? typed.find('=') + 1 : 0;
  for (const std::string& name :
       BrokerNames(*broker, candidates->value_name, candidates->bus, typed.substr(value))) {
    candidates->words.emplace_back(typed.substr(0, value) + name, "");
  }
}

}  // namespace

bool PrintCandidates(const CLI::App& app, const std::vector<std::string>& words,
                     std::ostream& out) {
  if (words.size() < 3 || words[0] != "completion" || words[1] != "candidates") return false;
  const std::vector<std::string> line(words.begin() + 3, words.end());
  const std::string typed = line.empty() ? "" : line.back();
  for (const ShellName& shell : kShells) {
    if (shell.name != words[2]) continue;
    Candidates candidates = Complete(app, line);
    AddBrokerNames(typed, &candidates);
    out << CandidateLines(shell.shell, candidates, typed);
    return true;
  }
  return false;
}

void AddCompletionCommand(CLI::App* app, Context* context) {
  CLI::App* completion = AddGroup(app, "completion", "Print a completion script for a shell");
  for (const ShellName& shell : kShells) {
    CLI::App* command = AddCommand(completion, std::string(shell.name),
                                   absl::StrCat("Script for ", shell.name, ": ", shell.use));
    command->callback([context, which = shell.shell] {
      context->action = [context, which] {
        context->out() << CompletionScript(which);
        return absl::OkStatus();
      };
    });
  }
}

}  // namespace pavane::cli
