#include "clients/cli/broker_names.h"

#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

#include "pavane/admin/v1/bus.grpc.pb.h"
#include "pavane/admin/v1/rule.grpc.pb.h"
#include "pavane/admin/v1/service.grpc.pb.h"
#include "pavane/admin/v1/system.grpc.pb.h"

namespace pavane::cli {
namespace {

namespace admin = ::pavane::admin::v1;

constexpr uint32_t kNamesMax = 1000;

std::vector<std::string> Buses(const Connection& broker) {
  admin::ListBusesRequest request;
  request.set_page_size(kNamesMax);
  std::vector<std::string> names;
  if (const auto page = broker.Call(&admin::BusAdmin::Stub::ListBuses, request); page.ok()) {
    for (const admin::Bus& bus : page->buses()) names.push_back(bus.name());
  }
  return names;
}

std::vector<std::string> Rules(const Connection& broker, const std::string& bus,
                               const std::string& typed) {
  admin::ListRulesRequest request;
  request.set_bus(bus);
  request.set_name_prefix(typed);
  request.set_page_size(kNamesMax);
  std::vector<std::string> names;
  if (const auto page = broker.Call(&admin::RuleAdmin::Stub::ListRules, request); page.ok()) {
    for (const admin::Rule& rule : page->rules()) names.push_back(rule.name());
  }
  return names;
}

std::vector<std::string> Services(const Connection& broker, const std::string& typed) {
  admin::ListServicesRequest request;
  request.set_name_prefix(typed);
  request.set_page_size(kNamesMax);
  std::vector<std::string> names;
  if (const auto page = broker.Call(&admin::ServiceAdmin::Stub::ListServices, request); page.ok()) {
    for (const admin::Service& service : page->services()) names.push_back(service.name());
  }
  return names;
}

std::vector<std::string> Targets(const Connection& broker) {
  admin::ListTargetStatsRequest request;
  request.set_page_size(kNamesMax);
  std::vector<std::string> names;
  const auto page = broker.Call(&admin::SystemAdmin::Stub::ListTargetStats, request);
  if (!page.ok()) return names;
  for (const admin::TargetStats& target : page->targets()) {
    names.push_back(absl::StrCat(target.bus(), "/", target.rule(), "/", target.target()));
  }
  return names;
}

std::vector<std::string> All(const Connection& broker, const std::string& kind,
                             const std::string& bus, const std::string& typed) {
  if (kind == "BUS") return Buses(broker);
  if (kind == "RULE") return Rules(broker, bus, typed);
  if (kind == "SERVICE") return Services(broker, typed);
  if (kind == "BUS/RULE/TARGET") return Targets(broker);
  return {};
}

}  // namespace

std::vector<std::string> BrokerNames(const Connection& broker, const std::string& kind,
                                     const std::string& bus, const std::string& typed) {
  std::vector<std::string> names;
  for (std::string& name : All(broker, kind, bus, typed)) {
    if (absl::StartsWith(name, typed)) names.push_back(std::move(name));
  }
  return names;
}

}  // namespace pavane::cli
