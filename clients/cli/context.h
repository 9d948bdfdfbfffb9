// What every command gets.
#ifndef PAVANE_CLIENTS_CLI_CONTEXT_H_
#define PAVANE_CLIENTS_CLI_CONTEXT_H_

#include <functional>
#include <istream>
#include <ostream>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "google/protobuf/message.h"
#include "google/protobuf/timestamp.pb.h"

#include "clients/cli/connection.h"

namespace pavane::cli {

// The options that hold for all commands, the streams to print to, and the action that the command
// line chose. Filled while the command line is read; after that the action runs once.
class Context {
 public:
  Context(std::istream& in, std::ostream& out, std::ostream& err) : in_(in), out_(out), err_(err) {}

  std::string output = "table";
  std::string address;
  absl::Duration timeout = absl::Seconds(10);
  bool local = false;

  bool json() const { return output == "json"; }
  std::istream& in() const { return in_; }
  std::ostream& out() const { return out_; }
  // For notes, progress and errors; never for results.
  std::ostream& err() const { return err_; }

  // Set by the chosen command's callback, run after the whole command line is read.
  std::function<absl::Status()> action;

  absl::StatusOr<Connection> Connect() const;

  // RFC 3339, UTC or local as asked for. Empty for an absent one.
  std::string Time(const google::protobuf::Timestamp& time) const;

  // One line of JSON. Events inside are written in the CloudEvents JSON format.
  void PrintJson(const google::protobuf::Message& message) const;

  // OK unless the output can no longer be written: a full disk, or a pipe that nobody reads.
  absl::Status Flush() const;

 private:
  std::istream& in_;
  std::ostream& out_;
  std::ostream& err_;
};

// Whether a person is at the other end of this file descriptor.
bool IsTerminal(int fd);

// Whether it is a pipe or socket whose reader is gone, such as `head` after its ten lines.
bool IsReaderGone(int fd);

}  // namespace pavane::cli

#endif  // PAVANE_CLIENTS_CLI_CONTEXT_H_
