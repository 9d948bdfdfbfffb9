// How commands hang themselves into the command line.
#ifndef PAVANE_CLIENTS_CLI_COMMAND_H_
#define PAVANE_CLIENTS_CLI_COMMAND_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/status/status.h"
#include "absl/time/time.h"

#include "clients/cli/context.h"

namespace pavane::cli {

// Each adds one command with its sub-commands to `app`. `context` must outlive `app`.
void AddPublishCommand(CLI::App* app, Context* context);
void AddSubscribeCommand(CLI::App* app, Context* context);
void AddBusCommands(CLI::App* app, Context* context);
void AddRuleCommands(CLI::App* app, Context* context);
void AddServiceCommands(CLI::App* app, Context* context);
void AddDeadLetterCommands(CLI::App* app, Context* context);
void AddEventCommands(CLI::App* app, Context* context);
void AddHealthCommand(CLI::App* app, Context* context);
void AddStatsCommand(CLI::App* app, Context* context);
void AddCompletionCommand(CLI::App* app, Context* context);

// Answers `completion candidates SHELL WORD...`, which shells ask; false if the words are not that.
// Not a command of `app`, which would take the words for its own.
bool PrintCandidates(const CLI::App& app, const std::vector<std::string>& words, std::ostream& out);

// Parts of `rule`, each large enough for a file of its own.
void AddRulePutCommand(CLI::App* rule, Context* context);
void AddRuleTestCommand(CLI::App* rule, Context* context);
void AddRuleExplainCommand(CLI::App* rule, Context* context);
void AddRulePreviewCommand(CLI::App* rule, Context* context);

// A command that takes the global options after its name, too.
CLI::App* AddCommand(CLI::App* parent, const std::string& name, const std::string& description);

// A command that only holds others: `pavane bus`.
CLI::App* AddGroup(CLI::App* parent, const std::string& name, const std::string& description);

// Makes `run(context, options)` what the command does; `options` were bound to its flags before.
template <typename Options, typename Run>
void SetAction(CLI::App* command, Context* context, std::shared_ptr<Options> options, Run run) {
  command->callback([context, options, run] {
    context->action = [context, options, run] { return run(*context, *options); };
  });
}

// Options whose text is checked while the command line is read, so that a mistake is a usage error
// that names the option. They stay empty when not given.
CLI::Option* AddText(CLI::App* command, const std::string& name, std::optional<std::string>* value,
                     const std::string& help);
CLI::Option* AddDuration(CLI::App* command, const std::string& name,
                         std::optional<absl::Duration>* value, const std::string& help);
CLI::Option* AddTime(CLI::App* command, const std::string& name, std::optional<absl::Time>* value,
                     const std::string& help);
CLI::Option* AddByteSize(CLI::App* command, const std::string& name, std::optional<uint64_t>* value,
                         const std::string& help);

// A whole number from `min` to `max`.
CLI::Option* AddNumber(CLI::App* command, const std::string& name, std::optional<uint64_t>* value,
                       const std::string& help, uint64_t min, uint64_t max = UINT64_MAX);

// An option that may be repeated, one value each time.
CLI::Option* AddRepeated(CLI::App* command, const std::string& name,
                         std::vector<std::string>* values, const std::string& help);

// `--bus`, where empty means the broker's default or all, as `help` says.
CLI::Option* AddBus(CLI::App* command, std::string* bus,
                    const std::string& help = "Name of the bus (default: default)");

}  // namespace pavane::cli

#endif  // PAVANE_CLIENTS_CLI_COMMAND_H_
