// pavane service list
#include "absl/strings/str_cat.h"

#include "clients/cli/command.h"
#include "clients/cli/pages.h"
#include "clients/cli/status.h"
#include "clients/cli/table.h"
#include "pavane/admin/v1/service.grpc.pb.h"

namespace pavane::cli {
namespace {

using ::pavane::admin::v1::Instance;
using ::pavane::admin::v1::ListServicesRequest;
using ::pavane::admin::v1::ListServicesResponse;
using ::pavane::admin::v1::Service;
using ::pavane::admin::v1::ServiceAdmin;

struct ListOptions {
  std::string prefix;
  bool instances = false;
};

void AddInstances(const Context& context, const Service& service, Table* table) {
  for (const Instance& instance : service.instances()) {
    table->Add({service.name(), instance.name(), instance.peer(),
                context.Time(instance.connected_at()), absl::StrCat(instance.in_flight()),
                absl::StrCat(instance.credit()), instance.draining() ? "draining" : "open",
                instance.session_id()});
  }
}

void AddService(const Service& service, Table* table) {
  table->Add({service.name(), absl::StrCat(service.instances_size()),
              absl::StrCat(service.targets()), absl::StrCat(service.queued()),
              absl::StrCat(service.in_flight()),
              service.rule_set_version() == 0 ? "" : absl::StrCat(service.rule_set_version()),
              service.contract().service_version(), service.contract().description()});
}

absl::Status List(const Context& context, const ListOptions& options) {
  Table table = options.instances ? Table({"SERVICE", "INSTANCE", "PEER", "CONNECTED", ">IN FLIGHT",
                                           ">CREDIT", "STATE", "SESSION"})
                                  : Table({"NAME", ">INSTANCES", ">TARGETS", ">QUEUED",
                                           ">IN FLIGHT", ">RULE SET", "VERSION", "DESCRIPTION"});
  ListServicesRequest request;
  request.set_name_prefix(options.prefix);
  return Pages(context).ForEach(&ServiceAdmin::Stub::ListServices, request, &table,
                                [&](const ListServicesResponse& page) {
                                  for (const Service& service : page.services()) {
                                    if (context.json()) {
                                      context.PrintJson(service);
                                    } else if (options.instances) {
                                      AddInstances(context, service, &table);
                                    } else {
                                      AddService(service, &table);
                                    }
                                  }
                                  return page.services_size();
                                });
}

}  // namespace

void AddServiceCommands(CLI::App* app, Context* context) {
  CLI::App* service = AddGroup(app, "service", "Show the services that are connected or dialled");
  CLI::App* list = AddCommand(service, "list", "List services with what waits for them");
  auto options = std::make_shared<ListOptions>();
  list->add_option("--prefix", options->prefix, "Only services whose name starts so");
  list->add_flag("--instances", options->instances, "One row for each connected instance");
  SetAction(list, context, options, List);
}

}  // namespace pavane::cli
