// pavane event get | list | tail | scheduled | cancel
#include <algorithm>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

#include "clients/cli/cloud_event.h"
#include "clients/cli/command.h"
#include "clients/cli/escape.h"
#include "clients/cli/event_printer.h"
#include "clients/cli/health.h"
#include "clients/cli/interrupt.h"
#include "clients/cli/pages.h"
#include "clients/cli/status.h"
#include "clients/cli/table.h"
#include "clients/cli/text_source.h"
#include "clients/cli/timestamp.h"
#include "pavane/admin/v1/event.grpc.pb.h"

namespace pavane::cli {
namespace {

using ::pavane::admin::v1::CancelScheduledEventsRequest;
using ::pavane::admin::v1::EventAdmin;
using ::pavane::admin::v1::GetEventRequest;
using ::pavane::admin::v1::ListEventsRequest;
using ::pavane::admin::v1::ListEventsResponse;
using ::pavane::admin::v1::ListScheduledEventsRequest;
using ::pavane::admin::v1::ListScheduledEventsResponse;
using ::pavane::admin::v1::ScheduledEvent;
using ::pavane::admin::v1::StoredEvent;
using ::pavane::admin::v1::TailEventsRequest;
using ::pavane::admin::v1::TailEventsResponse;

// As the broker takes it.
constexpr uint64_t kLastMax = 1000;

struct ScheduledOptions {
  std::string bus;
  PageOptions pages;
};

struct CancelOptions {
  std::string bus;
  std::string id;
  std::string source;
};

struct GetOptions {
  std::string key;
  bool by_id = false;
  std::string bus;
  std::string source;
};

struct ListOptions {
  std::string bus;
  std::optional<uint64_t> from;
  std::optional<absl::Time> since;
  std::optional<absl::Time> until;
  std::string type;
  std::string source;
  std::string correlation_id;
  std::string pattern;
  bool newest_first = false;
  PageOptions pages;
};

struct TailOptions {
  std::string bus;
  std::string pattern;
  std::optional<uint64_t> last;
  std::optional<uint64_t> count;
  std::optional<absl::Duration> limit;
};

void PrintDetails(const Context& context, const StoredEvent& event) {
  Table table;
  table.Add({"Bus:", event.bus()});
  table.Add({"Sequence:", absl::StrCat(event.sequence())});
  table.Add({"Accepted:", context.Time(event.accepted_at())});
  table.Add({"Matched rules:", absl::StrCat(event.matched_rules())});
  if (event.has_cause()) {
    table.Add({"Cause:", absl::StrCat(event.cause().bus(), "/", event.cause().sequence())});
  }
  if (event.hops() > 0) table.Add({"Hops:", absl::StrCat(event.hops())});
  const JsonValue json = EventToJson(event.event());
  for (const auto& [name, value] : json.members()) {
    if (name == "data") continue;
    table.Add({name + ":", value.is_string() ? value.text() : value.ToJson()});
  }
  table.Add({"data:", DataForPeople(event.event())});
  table.Print(context.out());
}

absl::StatusOr<GetEventRequest> ToRequest(const GetOptions& options) {
  GetEventRequest request;
  request.set_bus(options.bus);
  request.set_source(options.source);
  uint64_t sequence;
  if (options.by_id || !absl::SimpleAtoi(options.key, &sequence)) {
    request.set_id(options.key);
    return request;
  }
  if (sequence == 0) return UsageError("sequences begin at 1; an event with the id 0 needs --id");
  request.set_sequence(sequence);
  return request;
}

absl::Status Get(const Context& context, const GetOptions& options) {
  CLI_ASSIGN_OR_RETURN(const GetEventRequest request, ToRequest(options));
  CLI_ASSIGN_OR_RETURN(const Connection broker, context.Connect());
  auto response = broker.Call(&EventAdmin::Stub::GetEvent, request);
  if (absl::IsNotFound(response.status()) || (response.ok() && response->events().empty())) {
    const absl::Status status = response.ok()
                                    ? absl::NotFoundError(absl::StrCat("no event ", options.key))
                                    : response.status();
    return WithHint(status, request.has_sequence()
                                ? "a number means a sequence on --bus; --id means an id"
                                : "it may be older than the bus keeps events");
  }
  CLI_RETURN_IF_ERROR(response.status());
  bool first = true;
  for (const StoredEvent& event : response->events()) {
    if (context.json()) {
      context.PrintJson(event);
      continue;
    }
    if (!first) context.out() << "\n";
    first = false;
    PrintDetails(context, event);
  }
  return absl::OkStatus();
}

absl::StatusOr<ListEventsRequest> ToRequest(const Context& context, const ListOptions& options) {
  ListEventsRequest request;
  request.set_bus(options.bus);
  if (options.from) request.set_from_sequence(*options.from);
  if (options.since) *request.mutable_since() = ToProto(*options.since);
  if (options.until) *request.mutable_until() = ToProto(*options.until);
  request.set_type(options.type);
  request.set_source(options.source);
  request.set_correlation_id(options.correlation_id);
  CLI_ASSIGN_OR_RETURN(*request.mutable_pattern(), ReadPattern(options.pattern, context.in()));
  request.set_newest_first(options.newest_first);
  return request;
}

void AddRow(const Context& context, const StoredEvent& event, Table* table) {
  table->Add(
      {absl::StrCat(event.sequence()), context.Time(event.accepted_at()), event.event().type(),
       event.event().source(), event.event().id(), absl::StrCat(event.matched_rules()),
       event.has_cause() ? absl::StrCat(event.cause().bus(), "/", event.cause().sequence()) : "",
       DataForPeople(event.event())});
}

absl::Status List(const Context& context, const ListOptions& options) {
  CLI_ASSIGN_OR_RETURN(const ListEventsRequest request, ToRequest(context, options));
  Table table({">SEQUENCE", "ACCEPTED", "TYPE", "SOURCE", "ID", ">RULES", "CAUSE", "DATA"});
  return Pages(context, options.pages)
      .ForEach(&EventAdmin::Stub::ListEvents, request, &table, [&](const ListEventsResponse& page) {
        for (const StoredEvent& event : page.events()) {
          if (context.json()) {
            context.PrintJson(event);
          } else {
            AddRow(context, event, &table);
          }
        }
        return page.events_size();
      });
}

// Why the stream ended, as a person asked for it.
absl::Status EndOfTail(const TailOptions& options, uint64_t printed) {
  if (!options.count || printed >= *options.count) return absl::OkStatus();
  return absl::CancelledError(
      absl::StrCat("stopped after ", printed, " of ", *options.count, " events"));
}

absl::Status Tail(const Context& context, const TailOptions& options) {
  TailEventsRequest request;
  request.set_bus(options.bus);
  request.set_last(static_cast<uint32_t>(options.last.value_or(0)));
  CLI_ASSIGN_OR_RETURN(*request.mutable_pattern(), ReadPattern(options.pattern, context.in()));
  CLI_ASSIGN_OR_RETURN(const Connection broker, context.Connect());
  // A stream has no time limit, so whether anybody answers is asked first.
  CLI_RETURN_IF_ERROR(CheckReachable(broker));
  EventAdmin::Stub stub(broker.channel());
  grpc::ClientContext call;
  Interrupt interrupt(options.limit, [&call] { call.TryCancel(); });
  auto stream = stub.TailEvents(&call, request);
  TailEventsResponse response;
  uint64_t printed = 0;
  const auto enough = [&] { return options.count && printed >= *options.count; };
  absl::Status output;
  while (output.ok() && !enough() && stream->Read(&response)) {
    for (const StoredEvent& event : response.events()) {
      if (enough()) break;
      PrintEvent(context, event);
      ++printed;
    }
    output = context.Flush();
  }
  const bool ended_by_us = enough() || !output.ok() || interrupt.stopped();
  if (ended_by_us) call.TryCancel();
  const grpc::Status status = stream->Finish();
  CLI_RETURN_IF_ERROR(output);
  if (ended_by_us || interrupt.stopped()) return EndOfTail(options, printed);
  CLI_RETURN_IF_ERROR(broker.ToStatus(status, call));
  return absl::UnavailableError("the broker ended the stream");
}

absl::Status Scheduled(const Context& context, const ScheduledOptions& options) {
  ListScheduledEventsRequest request;
  request.set_bus(options.bus);
  Table table({"DELIVER AT", "BUS", "TYPE", "SOURCE", "ID"});
  return Pages(context, options.pages)
      .ForEach(&EventAdmin::Stub::ListScheduledEvents, request, &table,
               [&](const ListScheduledEventsResponse& page) {
                 for (const ScheduledEvent& scheduled : page.events()) {
                   if (context.json()) {
                     context.PrintJson(scheduled);
                   } else {
                     table.Add({context.Time(scheduled.deliver_at()), scheduled.bus(),
                                scheduled.event().type(), scheduled.event().source(),
                                scheduled.event().id()});
                   }
                 }
                 return page.events_size();
               });
}

absl::Status Cancel(const Context& context, const CancelOptions& options) {
  CLI_ASSIGN_OR_RETURN(const Connection broker, context.Connect());
  CancelScheduledEventsRequest request;
  request.set_bus(options.bus);
  request.set_id(options.id);
  request.set_source(options.source);
  auto response = broker.Call(&EventAdmin::Stub::CancelScheduledEvents, request);
  if (absl::IsNotFound(response.status())) {
    return WithHint(response.status(), "see `pavane event scheduled`");
  }
  CLI_RETURN_IF_ERROR(response.status());
  if (context.json()) {
    context.PrintJson(*response);
  } else {
    context.out() << "cancelled " << response->cancelled() << "\n";
  }
  return absl::OkStatus();
}

void AddScheduled(CLI::App* event, Context* context) {
  CLI::App* scheduled = AddCommand(event, "scheduled",
                                   "List the events that wait for their time, the next one first");
  auto options = std::make_shared<ScheduledOptions>();
  AddBus(scheduled, &options->bus, "Only events of this bus (default: all)");
  AddPageOptions(scheduled, "events", &options->pages);
  SetAction(scheduled, context, options, Scheduled);

  CLI::App* cancel = AddCommand(event, "cancel", "Take a scheduled event back");
  auto cancelled = std::make_shared<CancelOptions>();
  cancel->add_option("id", cancelled->id, "Id of the event")->required()->type_name("ID");
  AddBus(cancel, &cancelled->bus);
  cancel->add_option("--source", cancelled->source, "Only an event of this source");
  SetAction(cancel, context, cancelled, Cancel);
}

void AddGet(CLI::App* event, Context* context) {
  CLI::App* get = AddCommand(event, "get", "Show an event by its sequence or id");
  auto options = std::make_shared<GetOptions>();
  get->add_option("key", options->key, "Sequence on the bus, or id of the event")
      ->required()
      ->type_name("SEQUENCE|ID");
  get->add_flag("--id", options->by_id, "The key is an id even if it is a number");
  AddBus(get, &options->bus, "Name of the bus (default: default for a sequence, all for an id)");
  get->add_option("--source", options->source, "Only an event of this source");
  SetAction(get, context, options, Get);
}

void AddList(CLI::App* event, Context* context) {
  CLI::App* list = AddCommand(event, "list", "List stored events");
  auto options = std::make_shared<ListOptions>();
  AddBus(list, &options->bus);
  AddNumber(list, "--from", &options->from, "Begin at this sequence", 1)->type_name("SEQUENCE");
  AddTime(list, "--since", &options->since, "Only accepted at or after this time");
  AddTime(list, "--until", &options->until, "Only accepted before this time");
  list->add_option("--type", options->type, "Only of this type");
  list->add_option("--source", options->source, "Only of this source");
  list->add_option("--correlation", options->correlation_id, "Only of this flow")->type_name("ID");
  list->add_option("--pattern", options->pattern, "Only matching this pattern: JSON, @FILE or -");
  list->add_flag("--newest-first,-r", options->newest_first, "From the newest backwards");
  AddPageOptions(list, "events", &options->pages);
  SetAction(list, context, options, List);
}

void AddTail(CLI::App* event, Context* context) {
  CLI::App* tail =
      AddCommand(event, "tail", "Print events as they are appended, until ^C; nothing is settled");
  auto options = std::make_shared<TailOptions>();
  AddBus(tail, &options->bus);
  tail->add_option("--pattern", options->pattern, "Only matching this pattern: JSON, @FILE or -");
  AddNumber(tail, "--last", &options->last, "First the last N stored events", 0, kLastMax);
  AddNumber(tail, "--count,-n", &options->count, "End after N events; ending sooner is a failure",
            1);
  AddDuration(tail, "--for", &options->limit, "End after this time");
  SetAction(tail, context, options, Tail);
}

}  // namespace

void AddEventCommands(CLI::App* app, Context* context) {
  CLI::App* event = AddGroup(app, "event", "Show stored events");
  AddGet(event, context);
  AddList(event, context);
  AddTail(event, context);
  AddScheduled(event, context);
}

}  // namespace pavane::cli
