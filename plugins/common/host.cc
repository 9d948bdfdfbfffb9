#include "plugins/common/host.h"

#include <cstdlib>
#include <utility>
#include <vector>

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include "pavane/delivery.h"
#include "pavane/result.h"

namespace pavane::plugins {
namespace {

Result ToResult(Settlement settlement) {
  switch (settlement.kind) {
    case Settlement::Kind::kNack:
      return Nack(settlement.code, settlement.message);
    case Settlement::Kind::kReject:
      return Reject(settlement.code, settlement.message);
    case Settlement::Kind::kAck:
      break;
  }
  std::vector<PublishEntry> emits;
  for (const Event& emit : settlement.emits) emits.emplace_back(ToBroker(emit));
  return Ack(std::move(emits));
}

void LogSettlement(const Delivery& delivery, const Event& event, const Settlement& settlement) {
  if (settlement.kind == Settlement::Kind::kAck) {
    spdlog::debug("acked type={} subject={} event={} flow={} emits={}", event.type, event.subject,
                  event.id, event.flow, settlement.emits.size());
    return;
  }
  spdlog::warn("{} type={} subject={} event={} flow={} attempt={} code={}: {}",
               settlement.kind == Settlement::Kind::kNack ? "nacked" : "rejected", event.type,
               event.subject, event.id, event.flow, delivery.attempt(), settlement.code,
               settlement.message);
}

}  // namespace

void AddHostOptions(CLI::App& app, HostOptions& options) {
  app.add_option("--grpc-address", options.address, "Broker: HOST:PORT or unix:PATH")
      ->envname("PAVANE_GRPC_ADDRESS")
      ->capture_default_str();
  app.add_option("--name", options.name, "Name of the service")
      ->envname("PAVANE_PLUGIN_NAME")
      ->capture_default_str();
  app.add_option("--data-file", options.data_file, "SQLite file [NAME.db]")
      ->envname("PAVANE_PLUGIN_DATA_FILE");
  app.add_option("--log-level", options.log_level, "trace, debug, info, warning, error or off")
      ->envname("PAVANE_PLUGIN_LOG_LEVEL")
      ->check(CLI::IsMember({"trace", "debug", "info", "warning", "error", "off"}))
      ->capture_default_str();
  app.add_option("--concurrency", options.concurrency, "Deliveries handled at one time")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
}

void SetUpHost(HostOptions& options) {
  if (options.data_file.empty()) options.data_file = options.name + ".db";
  auto logger = spdlog::stderr_logger_mt(options.name);
  // Under supervision the broker adds time and name.
  const bool supervised = std::getenv("PAVANE_PLUGIN_NAME") != nullptr;
  logger->set_pattern(supervised ? "%l %v" : "%Y-%m-%dT%H:%M:%S.%fZ %l [%n] %v",
                      spdlog::pattern_time_type::utc);
  logger->set_level(spdlog::level::from_str(options.log_level));
  spdlog::set_default_logger(std::move(logger));
}

ServiceOptions ToServiceOptions(const HostOptions& options) {
  ServiceOptions service;
  service.address = options.address;
  service.name = options.name;
  service.concurrency = options.concurrency;
  service.logger = ClientLogger();
  return service;
}

Logger ClientLogger() {
  return [](LogLevel level, std::string_view line) {
    switch (level) {
      case LogLevel::kDebug:
        return spdlog::debug("{}", line);
      case LogLevel::kInfo:
        return spdlog::info("{}", line);
      case LogLevel::kWarning:
        return spdlog::warn("{}", line);
      case LogLevel::kError:
        return spdlog::error("{}", line);
    }
  };
}

Event FromBroker(const pavane::Event& event) {
  Event result;
  result.id = event.id();
  result.source = event.source();
  result.type = event.type();
  result.subject = event.subject();
  result.flow = event.correlation_id();
  if (absl::StatusOr<Json> data = ParseJson(std::string(event.data())); data.ok()) {
    result.data = *std::move(data);
  }
  return result;
}

// `correlationid` goes along with publishes only: in emits the flow is empty here and the broker
// sets it.
pavane::Event ToBroker(const Event& event) {
  pavane::Event result(event.type);
  result.SetId(event.id).SetSource(event.source).SetJson(ToText(event.data));
  if (!event.subject.empty()) result.SetSubject(event.subject);
  if (!event.flow.empty()) result.SetCorrelationId(event.flow);
  return result;
}

Handler Adapt(Logic logic) {
  return [logic = std::move(logic)](const Delivery& delivery) {
    const Event event = FromBroker(delivery.event());
    Settlement settlement = logic(event);
    LogSettlement(delivery, event, settlement);
    return ToResult(std::move(settlement));
  };
}

int Finish(const pavane::Error& error) {
  if (error.ok()) {
    spdlog::info("ended");
    return 0;
  }
  spdlog::error("ended: {}", error.ToString());
  return 1;
}

}  // namespace pavane::plugins
