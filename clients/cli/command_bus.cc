// pavane bus put | get | list | delete
#include "absl/strings/str_cat.h"

#include "clients/cli/byte_size.h"
#include "clients/cli/command.h"
#include "clients/cli/duration.h"
#include "clients/cli/escape.h"
#include "clients/cli/pages.h"
#include "clients/cli/plural.h"
#include "clients/cli/status.h"
#include "clients/cli/table.h"
#include "pavane/admin/v1/bus.grpc.pb.h"

namespace pavane::cli {
namespace {

using ::pavane::admin::v1::Bus;
using ::pavane::admin::v1::BusAdmin;
using ::pavane::admin::v1::DeleteBusRequest;
using ::pavane::admin::v1::GetBusRequest;
using ::pavane::admin::v1::ListBusesRequest;
using ::pavane::admin::v1::ListBusesResponse;
using ::pavane::admin::v1::PutBusRequest;

struct PutOptions {
  std::string name;
  std::optional<std::string> description;
  std::optional<absl::Duration> retention;
  std::optional<absl::Duration> dedup_window;
  std::optional<uint64_t> dedup_ids_max;
  std::optional<uint64_t> retention_bytes_max;
};

struct NameOptions {
  std::string name;
};

struct DeleteOptions {
  std::string name;
  bool discard = false;
};

struct ListOptions {};

// Where a setting is absent the broker's configuration decides, which only the broker knows.
std::string RetentionOf(const Bus& bus) {
  return bus.has_retention() ? DurationText(FromProto(bus.retention())) : "default";
}

std::string DedupWindowOf(const Bus& bus) {
  if (!bus.has_dedup_window()) return "default";
  const absl::Duration window = FromProto(bus.dedup_window());
  return window == absl::ZeroDuration() ? "off" : DurationText(window);
}

void PrintDetails(const Context& context, const Bus& bus) {
  Table table;
  table.Add({"Name:", bus.name()});
  table.Add({"Description:", bus.description()});
  table.Add({"Retention:", RetentionOf(bus)});
  table.Add({"Retention bytes:", bus.retention_bytes_max() == 0
                                     ? "no limit"
                                     : FormatByteSize(bus.retention_bytes_max())});
  table.Add({"Dedup window:", DedupWindowOf(bus)});
  table.Add(
      {"Dedup ids:", bus.dedup_ids_max() == 0 ? "default" : absl::StrCat(bus.dedup_ids_max())});
  table.Add({"Rules:", absl::StrCat(bus.rules())});
  table.Add({"First sequence:", absl::StrCat(bus.first_sequence())});
  table.Add({"Last sequence:", absl::StrCat(bus.last_sequence())});
  table.Add({"Created:", context.Time(bus.created_at())});
  table.Print(context.out());
}

// Settings that are not given stay as they are, so the present bus is read first.
absl::StatusOr<Bus> PresentOrNew(const Connection& broker, const std::string& name) {
  GetBusRequest request;
  request.set_name(name);
  auto present = broker.Call(&BusAdmin::Stub::GetBus, request);
  if (present.ok()) return present->bus();
  if (!absl::IsNotFound(present.status())) return present.status();
  Bus bus;
  bus.set_name(name);
  return bus;
}

absl::Status Put(const Context& context, const PutOptions& options) {
  CLI_ASSIGN_OR_RETURN(const Connection broker, context.Connect());
  PutBusRequest request;
  CLI_ASSIGN_OR_RETURN(*request.mutable_bus(), PresentOrNew(broker, options.name));
  Bus* bus = request.mutable_bus();
  if (options.description) bus->set_description(*options.description);
  if (options.retention) *bus->mutable_retention() = ToProto(*options.retention);
  if (options.dedup_window) *bus->mutable_dedup_window() = ToProto(*options.dedup_window);
  if (options.dedup_ids_max) bus->set_dedup_ids_max(*options.dedup_ids_max);
  if (options.retention_bytes_max) bus->set_retention_bytes_max(*options.retention_bytes_max);
  CLI_ASSIGN_OR_RETURN(const auto response, broker.Call(&BusAdmin::Stub::PutBus, request));
  if (context.json()) {
    context.PrintJson(response.bus());
  } else {
    context.out() << (response.created() ? "made bus " : "updated bus ")
                  << EscapeForTerminal(response.bus().name()) << "\n";
  }
  return absl::OkStatus();
}

absl::Status Get(const Context& context, const NameOptions& options) {
  CLI_ASSIGN_OR_RETURN(const Connection broker, context.Connect());
  GetBusRequest request;
  request.set_name(options.name);
  CLI_ASSIGN_OR_RETURN(const auto response, broker.Call(&BusAdmin::Stub::GetBus, request));
  if (context.json()) {
    context.PrintJson(response.bus());
  } else {
    PrintDetails(context, response.bus());
  }
  return absl::OkStatus();
}

absl::Status List(const Context& context, const ListOptions&) {
  Table table({"NAME", ">RULES", ">FIRST", ">LAST", ">RETENTION", "DESCRIPTION"});
  return Pages(context).ForEach(
      &BusAdmin::Stub::ListBuses, ListBusesRequest(), &table, [&](const ListBusesResponse& page) {
        for (const Bus& bus : page.buses()) {
          if (context.json()) {
            context.PrintJson(bus);
            continue;
          }
          table.Add({bus.name(), absl::StrCat(bus.rules()), absl::StrCat(bus.first_sequence()),
                     absl::StrCat(bus.last_sequence()), RetentionOf(bus), bus.description()});
        }
        return page.buses_size();
      });
}

absl::Status Delete(const Context& context, const DeleteOptions& options) {
  CLI_ASSIGN_OR_RETURN(const Connection broker, context.Connect());
  DeleteBusRequest request;
  request.set_name(options.name);
  request.set_discard(options.discard);
  auto response = broker.Call(&BusAdmin::Stub::DeleteBus, request);
  if (ReasonOf(response.status()) == pavane::v1::HAS_UNSETTLED) {
    return WithHint(response.status(), "--discard gives unsettled deliveries up");
  }
  CLI_RETURN_IF_ERROR(response.status());
  if (context.json()) {
    context.PrintJson(*response);
  } else {
    context.out() << "deleted bus " << EscapeForTerminal(options.name)
                  << Discarded(response->discarded_deliveries()) << "\n";
  }
  return absl::OkStatus();
}

void AddPut(CLI::App* bus, Context* context) {
  CLI::App* command =
      AddCommand(bus, "put", "Make a bus, or change the settings given of an existing one");
  auto options = std::make_shared<PutOptions>();
  command->add_option("name", options->name, "Name of the bus")->required()->type_name("BUS");
  AddText(command, "--description", &options->description, "What the bus is for");
  AddDuration(command, "--retention", &options->retention, "How long settled events are kept");
  AddByteSize(command, "--retention-bytes", &options->retention_bytes_max,
              "Most bytes of events kept; 0: no limit");
  AddDuration(command, "--dedup-window", &options->dedup_window,
              "How long a repeated event is recognised; 0 turns it off");
  AddNumber(command, "--dedup-ids", &options->dedup_ids_max, "Most ids in the dedup window", 0);
  SetAction(command, context, options, Put);
}

}  // namespace

void AddBusCommands(CLI::App* app, Context* context) {
  CLI::App* bus = AddGroup(app, "bus", "Make, show and delete buses");
  AddPut(bus, context);

  CLI::App* get = AddCommand(bus, "get", "Show one bus");
  auto get_options = std::make_shared<NameOptions>();
  get->add_option("name", get_options->name, "Name of the bus")->required()->type_name("BUS");
  SetAction(get, context, get_options, Get);

  SetAction(AddCommand(bus, "list", "List all buses"), context, std::make_shared<ListOptions>(),
            List);

  CLI::App* remove = AddCommand(bus, "delete", "Delete a bus with its rules");
  auto delete_options = std::make_shared<DeleteOptions>();
  remove->add_option("name", delete_options->name, "Name of the bus")->required()->type_name("BUS");
  remove->add_flag("--discard", delete_options->discard, "Give unsettled deliveries up");
  SetAction(remove, context, delete_options, Delete);
}

}  // namespace pavane::cli
