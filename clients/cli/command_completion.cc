// pavane completion bash | zsh | fish
#include "clients/cli/command.h"
#include "clients/cli/completion.h"

namespace pavane::cli {
namespace {

struct Shell {
  std::string name;
  // The line that takes the script into use.
  std::string use;
  std::string (*generate)(const CLI::App&);
};

void AddShell(CLI::App* completion, CLI::App* app, Context* context, const Shell& shell) {
  CLI::App* command =
      AddCommand(completion, shell.name, "Script for " + shell.name + ": " + shell.use);
  // The tree is complete only when all commands are added, so the script is made when asked for.
  command->callback([app, context, generate = shell.generate] {
    context->action = [app, context, generate] {
      context->out() << generate(*app);
      return absl::OkStatus();
    };
  });
}

}  // namespace

void AddCompletionCommand(CLI::App* app, Context* context) {
  CLI::App* completion = AddGroup(app, "completion", "Print a completion script for a shell");
  AddShell(completion, app, context, {"bash", "source <(pavane completion bash)", BashCompletion});
  AddShell(completion, app, context, {"zsh", "source <(pavane completion zsh)", ZshCompletion});
  AddShell(completion, app, context, {"fish", "pavane completion fish | source", FishCompletion});
}

}  // namespace pavane::cli
