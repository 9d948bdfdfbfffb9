// pavane dead-letter list | show | redrive | skip | purge
#include <unistd.h>

#include <functional>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

#include "clients/cli/cloud_event.h"
#include "clients/cli/command.h"
#include "clients/cli/dead_letter_filter.h"
#include "clients/cli/escape.h"
#include "clients/cli/pages.h"
#include "clients/cli/plural.h"
#include "clients/cli/status.h"
#include "clients/cli/table.h"
#include "clients/cli/target_name.h"
#include "pavane/admin/v1/dead_letter.grpc.pb.h"

namespace pavane::cli {
namespace {

using ::pavane::admin::v1::DeadLetter;
using ::pavane::admin::v1::DeadLetterAdmin;
using ::pavane::admin::v1::FailureReason_Name;
using ::pavane::admin::v1::GetDeadLetterRequest;
using ::pavane::admin::v1::ListDeadLettersRequest;
using ::pavane::admin::v1::ListDeadLettersResponse;
using ::pavane::admin::v1::PurgeDeadLettersRequest;
using ::pavane::admin::v1::RedriveDeadLettersRequest;
using ::pavane::admin::v1::SkipDeadLettersRequest;

constexpr char kNameAnother[] = "--to-target BUS/RULE/TARGET names another target";

struct ListOptions {
  DeadLetterFilterOptions filter;
  PageOptions pages;
  bool with_events = false;
};

struct ShowOptions {
  std::string id;
};

// Which dead letters redrive and purge take: ids, a filter, or all.
struct Selection {
  std::vector<std::string> ids;
  DeadLetterFilterOptions filter;
  bool all = false;
};

struct RedriveOptions {
  Selection selection;
  std::string to_target;
};

struct PurgeOptions {
  Selection selection;
  bool yes = false;
};

std::string TargetOf(const DeadLetter& letter) {
  return absl::StrCat(letter.bus(), "/", letter.rule(), "/", letter.target());
}

void AddRow(const Context& context, const DeadLetter& letter, Table* table) {
  table->Add({letter.id(), context.Time(letter.dead_at()), TargetOf(letter), letter.event_type(),
              letter.event_id(), FailureReason_Name(letter.reason()), letter.error_code(),
              absl::StrCat(letter.attempts()), letter.error_message()});
}

absl::Status List(const Context& context, const ListOptions& options) {
  Table table(
      {"ID", "DEAD AT", "TARGET", "TYPE", "EVENT", "REASON", "CODE", ">ATTEMPTS", "MESSAGE"});
  ListDeadLettersRequest request;
  *request.mutable_filter() = options.filter.ToProto();
  request.set_with_events(options.with_events);
  return Pages(context, options.pages)
      .ForEach(&DeadLetterAdmin::Stub::ListDeadLetters, request, &table,
               [&](const ListDeadLettersResponse& page) {
                 for (const DeadLetter& letter : page.dead_letters()) {
                   if (context.json()) {
                     context.PrintJson(letter);
                   } else {
                     AddRow(context, letter, &table);
                   }
                 }
                 return page.dead_letters_size();
               });
}

void PrintDetails(const Context& context, const DeadLetter& letter) {
  Table table;
  table.Add({"Id:", letter.id()});
  table.Add({"Target:", TargetOf(letter)});
  table.Add({"Address:", letter.target_address()});
  table.Add({"Reason:", FailureReason_Name(letter.reason())});
  table.Add({"Error code:", letter.error_code()});
  table.Add({"Error message:", letter.error_message()});
  table.Add({"Exhausted:", letter.exhausted_condition()});
  table.Add({"Attempts:", absl::StrCat(letter.attempts())});
  table.Add({"First attempt:", context.Time(letter.first_attempt_at())});
  table.Add({"Last attempt:", context.Time(letter.last_attempt_at())});
  table.Add({"Dead at:", context.Time(letter.dead_at())});
  table.Add({"Sequence:", absl::StrCat(letter.sequence())});
  if (letter.blocks_key()) table.Add({"Ordering:", "blocks its key"});
  table.Add({"Event:", EventToJson(letter.event()).ToJson()});
  table.Print(context.out());
}

absl::Status Show(const Context& context, const ShowOptions& options) {
  CLI_ASSIGN_OR_RETURN(const Connection broker, context.Connect());
  GetDeadLetterRequest request;
  request.set_id(options.id);
  auto response = broker.Call(&DeadLetterAdmin::Stub::GetDeadLetter, request);
  if (absl::IsNotFound(response.status())) {
    return WithHint(response.status(), "see `pavane dead-letter list`");
  }
  CLI_RETURN_IF_ERROR(response.status());
  if (context.json()) {
    context.PrintJson(response->dead_letter());
  } else {
    PrintDetails(context, response->dead_letter());
  }
  return absl::OkStatus();
}

// Exactly one way to select, so that a forgotten filter never means "all".
absl::Status CheckSelection(const Selection& selection) {
  const int ways = (selection.ids.empty() ? 0 : 1) + (selection.filter.empty() ? 0 : 1) +
                   (selection.all ? 1 : 0);
  if (ways == 1) return absl::OkStatus();
  return UsageError(ways == 0 ? "name dead letters by id, by filter, or say --all"
                              : "ids, filters and --all exclude each other");
}

// Works a selection off, telling people how far it is.
class Change {
 public:
  // Calls it `done`; `count` is what was done so far. What is given must outlive it.
  Change(const Context& context, const Selection& selection, absl::string_view done,
         const uint64_t& count)
      : context_(context), selection_(selection), done_(done), count_(count) {}

  // By calls of `method` that begin as `request`; `add` counts a response.
  template <typename Method, typename Request, typename Add>
  absl::Status Run(Method method, Request request, Add add) const {
    CLI_ASSIGN_OR_RETURN(const Connection broker, context_.Connect());
    for (const std::string& id : selection_.ids) {
      request.set_id(id);
      request.clear_page_token();
      CLI_RETURN_IF_ERROR(
          InContext(CallUntilDone(broker, method, request, add), absl::StrCat("dead letter ", id)));
    }
    if (!selection_.ids.empty()) return absl::OkStatus();
    if (selection_.all) {
      request.set_all(true);
    } else {
      *request.mutable_filter() = selection_.filter.ToProto();
    }
    return CallUntilDone(broker, method, request, add);
  }

 private:
  template <typename Method, typename Request, typename Add>
  absl::Status CallUntilDone(const Connection& broker, Method method, Request& request,
                             Add add) const {
    bool more = true;
    while (more) {
      CLI_ASSIGN_OR_RETURN(const auto response, broker.Call(method, request));
      add(response);
      request.set_page_token(response.next_page_token());
      more = response.more();
      ShowProgress(more);
    }
    return absl::OkStatus();
  }

  void ShowProgress(bool more) const {
    if (!IsTerminal(STDERR_FILENO)) return;
    context_.err() << "\r" << done_ << " " << count_ << (more ? " ..." : "    \n") << std::flush;
  }

  const Context& context_;
  const Selection& selection_;
  const absl::string_view done_;
  const uint64_t& count_;
};

// What was changed before an error stays changed, so it is told in any case.
bool IsWorthTelling(const absl::Status& status, uint64_t count) { return status.ok() || count > 0; }

// Says `done` and how many, in text or as JSON.
void Tell(const Context& context, absl::string_view done, uint64_t count) {
  if (context.json()) {
    context.out() << "{\"" << done << "\":" << count << "}\n";
  } else {
    context.out() << done << " " << count << "\n";
  }
}

absl::Status Redrive(const Context& context, const RedriveOptions& options) {
  CLI_RETURN_IF_ERROR(CheckSelection(options.selection));
  if (!options.to_target.empty()) {
    CLI_RETURN_IF_ERROR(ParseTargetName(options.to_target).status());
  }
  RedriveDeadLettersRequest request;
  request.set_to_target(options.to_target);
  uint64_t redriven = 0;
  uint64_t target_gone = 0;
  const Change change(context, options.selection, "redriven", redriven);
  const absl::Status status =
      change.Run(&DeadLetterAdmin::Stub::RedriveDeadLetters, request, [&](const auto& response) {
        redriven += response.redriven();
        target_gone += response.target_gone();
      });
  if (IsWorthTelling(status, redriven + target_gone)) {
    if (context.json()) {
      context.out() << "{\"redriven\":" << redriven << ",\"targetGone\":" << target_gone << "}\n";
    } else {
      context.out() << "redriven " << redriven << "\n";
    }
  }
  if (ReasonOf(status) == pavane::v1::TARGET_GONE) return WithHint(status, kNameAnother);
  CLI_RETURN_IF_ERROR(status);
  if (target_gone == 0) return absl::OkStatus();
  return WithHint(absl::FailedPreconditionError(
                      absl::StrCat(Plural(target_gone, "dead letter stays", "dead letters stay"),
                                   ", since the target is gone")),
                  kNameAnother);
}

absl::Status Skip(const Context& context, const Selection& selection) {
  CLI_RETURN_IF_ERROR(CheckSelection(selection));
  uint64_t skipped = 0;
  const Change change(context, selection, "skipped", skipped);
  absl::Status status =
      change.Run(&DeadLetterAdmin::Stub::SkipDeadLetters, SkipDeadLettersRequest(),
                 [&](const auto& response) { skipped += response.skipped(); });
  if (IsWorthTelling(status, skipped)) Tell(context, "skipped", skipped);
  return status;
}

std::string Describe(const Selection& selection) {
  if (selection.all) return "all dead letters";
  if (!selection.filter.empty()) return "all dead letters that the filter names";
  return Plural(selection.ids.size(), "dead letter", "dead letters");
}

absl::Status Confirm(const Context& context, const PurgeOptions& options) {
  if (options.yes) return absl::OkStatus();
  if (!IsTerminal(STDIN_FILENO)) return UsageError("purging deletes for good; confirm with --yes");
  context.err() << "Delete " << Describe(options.selection) << " for good? [y/N] " << std::flush;
  std::string answer;
  std::getline(context.in(), answer);
  answer = absl::AsciiStrToLower(absl::StripAsciiWhitespace(answer));
  if (answer == "y" || answer == "yes") return absl::OkStatus();
  return absl::CancelledError("nothing was deleted");
}

absl::Status Purge(const Context& context, const PurgeOptions& options) {
  CLI_RETURN_IF_ERROR(CheckSelection(options.selection));
  CLI_RETURN_IF_ERROR(Confirm(context, options));
  uint64_t purged = 0;
  const Change change(context, options.selection, "purged", purged);
  absl::Status status =
      change.Run(&DeadLetterAdmin::Stub::PurgeDeadLetters, PurgeDeadLettersRequest(),
                 [&](const auto& response) { purged += response.purged(); });
  if (IsWorthTelling(status, purged)) Tell(context, "purged", purged);
  return status;
}

void AddSelection(CLI::App* command, Selection* selection) {
  command->add_option("ids", selection->ids, "Ids of dead letters")->type_name("ID");
  AddFilterOptions(command, &selection->filter);
  command->add_flag("--all", selection->all, "All dead letters there are");
}

void AddList(CLI::App* group, Context* context) {
  CLI::App* list = AddCommand(group, "list", "List dead letters, oldest first");
  auto options = std::make_shared<ListOptions>();
  AddFilterOptions(list, &options->filter);
  AddPageOptions(list, "dead letters", &options->pages);
  list->add_flag("--with-events", options->with_events, "With the events, for -o json");
  SetAction(list, context, options, List);
}

}  // namespace

void AddDeadLetterCommands(CLI::App* app, Context* context) {
  CLI::App* group =
      AddGroup(app, "dead-letter", "Show, redrive and purge deliveries that were given up");
  AddList(group, context);

  CLI::App* show = AddCommand(group, "show", "Show one dead letter with its event");
  auto show_options = std::make_shared<ShowOptions>();
  show->add_option("id", show_options->id, "Id of the dead letter")->required()->type_name("ID");
  SetAction(show, context, show_options, Show);

  CLI::App* redrive = AddCommand(
      group, "redrive", "Send dead letters back as new deliveries: by id, by filter, or --all");
  auto redrive_options = std::make_shared<RedriveOptions>();
  AddSelection(redrive, &redrive_options->selection);
  redrive
      ->add_option("--to-target", redrive_options->to_target,
                   "Send to this target instead of the recorded one")
      ->type_name("BUS/RULE/TARGET");
  SetAction(redrive, context, redrive_options, Redrive);

  CLI::App* skip = AddCommand(
      group, "skip", "Let ordering keys go on that dead letters block: by id, by filter, or --all");
  auto skip_selection = std::make_shared<Selection>();
  AddSelection(skip, skip_selection.get());
  SetAction(skip, context, skip_selection, Skip);

  CLI::App* purge =
      AddCommand(group, "purge", "Delete dead letters for good: by id, by filter, or --all");
  auto purge_options = std::make_shared<PurgeOptions>();
  AddSelection(purge, &purge_options->selection);
  purge->add_flag("--yes,-y", purge_options->yes, "Do not ask");
  SetAction(purge, context, purge_options, Purge);
}

}  // namespace pavane::cli
