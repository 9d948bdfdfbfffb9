// From what a person gives to the entry that is published.
#ifndef PAVANE_CLIENTS_CLI_PUBLISH_ENTRY_H_
#define PAVANE_CLIENTS_CLI_PUBLISH_ENTRY_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

#include "clients/cli/json_value.h"
#include "pavane/v1/publisher.pb.h"

namespace pavane::cli {

inline constexpr char kDefaultSource[] = "pavane-cli";

// What flags say about an event; for JSON lines, what fills the attributes that a line lacks.
struct EventFlags {
  std::string type;
  std::string source;
  std::string id;
  std::string bus;
  std::string subject;
  std::string content_type;
  std::string dedup_key;
  std::optional<absl::Time> deliver_at;
  // NAME=TEXT, or NAME:=VALUE for a boolean or an integer.
  std::vector<std::string> attributes;
};

// An event made of flags. JSON is checked here, since the shell eats quotes so easily, and UTF-8;
// everything else is the broker's to judge.
absl::StatusOr<pavane::v1::PublishEntry> EntryFromFlags(const EventFlags& flags,
                                                        const std::optional<std::string>& data);

// An event in the CloudEvents JSON format, or `{"event": ..., "bus": ...}` as lists print it. What
// it lacks comes from the flags; an id is made up when there is none.
absl::StatusOr<pavane::v1::PublishEntry> EntryFromJson(const JsonValue& json,
                                                       const EventFlags& flags);

}  // namespace pavane::cli

#endif  // PAVANE_CLIENTS_CLI_PUBLISH_ENTRY_H_
