// What every plugin's main does: options, log, and the way between the broker and the logic.
#ifndef PAVANE_PLUGINS_COMMON_HOST_H_
#define PAVANE_PLUGINS_COMMON_HOST_H_

#include <cstddef>
#include <functional>
#include <string>

#include <CLI/CLI.hpp>

#include "pavane/error.h"
#include "pavane/log.h"
#include "pavane/service.h"
#include "plugins/common/event.h"
#include "plugins/common/settlement.h"

namespace pavane::plugins {

// Options that all plugins have. Flags win over the environment.
struct HostOptions {
  std::string address = "127.0.0.1:7440";  // --grpc-address, PAVANE_GRPC_ADDRESS
  std::string name;                        // --name, PAVANE_PLUGIN_NAME
  std::string data_file;                   // --data-file, PAVANE_PLUGIN_DATA_FILE
  std::string log_level = "info";          // --log-level, PAVANE_PLUGIN_LOG_LEVEL
  size_t concurrency = 8;                  // --concurrency
};

// `options.name` is the default name; the data file's default is NAME.db in the working directory.
void AddHostOptions(CLI::App& app, HostOptions& options);

// Fills what was left empty and sends log lines to standard error: time, level, name, text.
void SetUpHost(HostOptions& options);

// For the client library's options.
ServiceOptions ToServiceOptions(const HostOptions& options);
Logger ClientLogger();

// An event of the broker as the logic sees it, and back. Data that is not JSON becomes null, which
// the logic refuses as it refuses missing fields.
Event FromBroker(const pavane::Event& event);
pavane::Event ToBroker(const Event& event);

using Logic = std::function<Settlement(const Event&)>;

// A handler for the client library: calls the logic and logs one line for what was not acked.
Handler Adapt(Logic logic);

// Logs why the program ends; the exit code of main.
int Finish(const pavane::Error& error);

}  // namespace pavane::plugins

#endif  // PAVANE_PLUGINS_COMMON_HOST_H_
