#include "clients/cli/context.h"

#include <poll.h>
#include <unistd.h>

#include "clients/cli/address.h"
#include "clients/cli/message_json.h"
#include "clients/cli/timestamp.h"

namespace pavane::cli {

absl::StatusOr<Connection> Context::Connect() const {
  return Connection::To(ChooseAddress(address), timeout);
}

std::string Context::Time(const google::protobuf::Timestamp& time) const {
  return TimeText(time, local);
}

void Context::PrintJson(const google::protobuf::Message& message) const {
  out_ << MessageToJson(message) << "\n";
}

absl::Status Context::Flush() const {
  out_.flush();
  if (out_.good()) return absl::OkStatus();
  return absl::AbortedError("the output can no longer be written");
}

bool IsTerminal(int fd) { return isatty(fd) == 1; }

bool IsReaderGone(int fd) {
  pollfd output = {fd, POLLOUT, 0};
  return poll(&output, 1, 0) == 1 && (output.revents & POLLERR) != 0;
}

}  // namespace pavane::cli
