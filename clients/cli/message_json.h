// Messages as JSON, for `-o json`, and back.
#ifndef PAVANE_CLIENTS_CLI_MESSAGE_JSON_H_
#define PAVANE_CLIENTS_CLI_MESSAGE_JSON_H_

#include <string>

#include "absl/status/status.h"
#include "google/protobuf/message.h"

#include "clients/cli/json_value.h"

namespace pavane::cli {

// Protobuf's JSON mapping on one line, zeros and empty texts included. CloudEvents within are
// written in the CloudEvents JSON format instead, so that their data can be read, and fed to
// `pavane publish` again.
std::string MessageToJson(const google::protobuf::Message& message);

// Protobuf's JSON mapping; an unknown member is an error.
absl::Status MessageFromJson(const JsonValue& json, google::protobuf::Message* message);

}  // namespace pavane::cli

#endif  // PAVANE_CLIENTS_CLI_MESSAGE_JSON_H_
