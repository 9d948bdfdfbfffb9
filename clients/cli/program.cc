#include "clients/cli/program.h"

#include <unistd.h>

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

#include "clients/cli/address.h"
#include "clients/cli/command.h"
#include "clients/cli/duration.h"
#include "clients/cli/escape.h"
#include "clients/cli/help_format.h"
#include "clients/cli/status.h"
#include "clients/cli/usage.h"

namespace pavane::cli {
namespace {

void AddGlobalOptions(CLI::App* app, Context* context) {
  app->add_option("--output,-o", context->output, "How results are printed (default: table)")
      ->check(CLI::IsMember({"table", "json"}));
  app->add_option(
         "--address", context->address,
         absl::StrCat("The broker: HOST:PORT or unix:PATH (default: environment ",
                      "PAVANE_ADDRESS or PAVANE_GRPC_ADDRESS, else ", kDefaultAddress, ")"))
      ->type_name("ADDRESS");
  app->add_option_function<std::string>(
         "--timeout",
         [context](const std::string& text) { context->timeout = *ParseDuration(text); },
         "Longest time for one call (default: 10s)")
      ->type_name("DURATION")
      ->check([](const std::string& text) -> std::string {
        absl::StatusOr<absl::Duration> timeout = ParseDuration(text);
        if (timeout.ok() && *timeout > absl::ZeroDuration()) return "";
        return timeout.ok() ? "it must be more than 0" : std::string(timeout.status().message());
      });
  app->add_flag("--local", context->local, "Times in the local zone, not in UTC");
  app->set_version_flag("--version", "pavane " PAVANE_VERSION, "Print the version and exit");
}

ExitCode OnParseError(const CLI::App& app, const CLI::ParseError& error, std::ostream& out,
                      std::ostream& err) {
  // --help and --version come as errors of code 0.
  if (error.get_exit_code() == 0) {
    app.exit(error, out, err);
    return kExitOk;
  }
  const std::string path = CommandPath(app);
  err << path << ": " << EscapeForTerminal(ExplainParseError(app, error)) << "\nSee `" << path
      << " --help`.\n";
  return kExitUsage;
}

// CLI11 takes words from the back; and `--data=` for an option whose value is the next word.
std::vector<std::string> ForParser(const std::vector<std::string>& words) {
  std::vector<std::string> parts;
  bool options_ended = false;
  for (const std::string& word : words) {
    options_ended = options_ended || word == "--";
    if (!options_ended && absl::StartsWith(word, "--") && absl::EndsWith(word, "=")) {
      parts.push_back(word.substr(0, word.size() - 1));
      parts.emplace_back();
    } else {
      parts.push_back(word);
    }
  }
  std::reverse(parts.begin(), parts.end());
  return parts;
}

}  // namespace

std::unique_ptr<CLI::App> MakeCommandLine(Context* context) {
  auto app = std::make_unique<CLI::App>(
      "Publishes, watches and administers events of a Pavane broker", "pavane");
  app->require_subcommand(1);
  app->formatter(std::make_shared<HelpFormat>());
  AddGlobalOptions(app.get(), context);
  AddPublishCommand(app.get(), context);
  AddSubscribeCommand(app.get(), context);
  AddBusCommands(app.get(), context);
  AddRuleCommands(app.get(), context);
  AddServiceCommands(app.get(), context);
  AddDeadLetterCommands(app.get(), context);
  AddEventCommands(app.get(), context);
  AddHealthCommand(app.get(), context);
  AddStatsCommand(app.get(), context);
  AddCompletionCommand(app.get(), context);
  app->footer("Exit codes: 0 done, 1 failed, 2 wrong usage, 3 not found, 4 broker not available.");
  return app;
}

ExitCode RunProgram(int argc, const char* const* argv, std::istream& in, std::ostream& out,
                    std::ostream& err) {
  Context context(in, out, err);
  const std::unique_ptr<CLI::App> app = MakeCommandLine(&context);
  const std::vector<std::string> words(argv + std::min(argc, 1), argv + argc);
  if (PrintCandidates(*app, words, out)) return kExitOk;
  // CLI11 throws; this is the border.
  try {
    app->parse(ForParser(words));
  } catch (const CLI::ParseError& error) {
    return OnParseError(*app, error, out, err);
  }
  absl::Status status = context.action();
  const absl::Status flushed = context.Flush();
  if (status.ok()) status = flushed;
  if (status.ok()) return kExitOk;
  // `... | head` has what it wanted; a complaint would only disturb.
  if (!flushed.ok() && IsReaderGone(STDOUT_FILENO)) return kExitReaderGone;
  const std::string path = CommandPath(*app);
  err << path << ": " << EscapeForTerminal(std::string(status.message())) << "\n"
      << PlaceText(status);
  const ExitCode code = ExitCodeOf(status);
  if (code == kExitUsage) err << "See `" << path << " --help`.\n";
  return code;
}

}  // namespace pavane::cli
