#include "clients/cli/connection.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/security/credentials.h"
#include "grpcpp/support/channel_arguments.h"

#include "clients/cli/address.h"
#include "clients/cli/duration.h"
#include "clients/cli/status.h"
#include "pavane/v1/errors.pb.h"

namespace pavane::cli {
namespace {

// Lists of events with their data may be larger than gRPC's 4 MiB.
constexpr int kReceiveBytesMax = 256 << 20;

grpc::ChannelArguments Arguments() {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kReceiveBytesMax);
  // A broker is in the house; a proxy in the environment is for the world outside.
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  arguments.SetUserAgentPrefix("pavane-cli/" PAVANE_VERSION);
  return arguments;
}

// gRPC's words when nobody could be reached, as opposed to an UNAVAILABLE of the broker itself.
bool NobodyAnswered(absl::string_view message) {
  const std::string words = absl::AsciiStrToLower(message);
  return absl::StrContains(words, "failed to connect") ||
         absl::StrContains(words, "dns resolution failed") ||
         absl::StrContains(words, "connections to all backends failing") ||
         absl::StrContains(words, "empty address list");
}

bool ConnectionBroke(absl::string_view message) {
  const std::string words = absl::AsciiStrToLower(message);
  return absl::StrContains(words, "socket closed") ||
         absl::StrContains(words, "connection reset") || absl::StrContains(words, "broken pipe") ||
         absl::StrContains(words, "goaway");
}

// The broker sends the reason of a refused call as a pavane.v1.Error in this trailing metadata.
absl::Status FromBroker(const grpc::Status& status, const grpc::ClientContext& context) {
  const auto code = static_cast<absl::StatusCode>(status.error_code());
  const auto& metadata = context.GetServerTrailingMetadata();
  const auto found = metadata.find("pavane-error-bin");
  pavane::v1::Error error;
  if (found == metadata.end() ||
      !error.ParseFromArray(found->second.data(), static_cast<int>(found->second.size())) ||
      error.reason() == pavane::v1::REASON_UNSPECIFIED) {
    return absl::Status(code, status.error_message());
  }
  error.set_code(static_cast<int32_t>(code));
  const absl::Status refused = RefusedBecause(error);
  if (error.reason() != pavane::v1::UNKNOWN_BUS) return refused;
  return WithHint(refused, "`pavane bus list` shows all, `pavane bus put NAME` makes one");
}

}  // namespace

absl::StatusOr<Connection> Connection::To(const std::string& address, absl::Duration timeout) {
  CLI_ASSIGN_OR_RETURN(std::string target, ParseAddress(address));
  return Connection(
      grpc::CreateCustomChannel(target, grpc::InsecureChannelCredentials(), Arguments()), target,
      timeout);
}

Connection::Connection(std::shared_ptr<grpc::Channel> channel, std::string address,
                       absl::Duration timeout)
    : channel_(std::move(channel)), address_(std::move(address)), timeout_(timeout) {}

void Connection::SetDeadline(grpc::ClientContext* context) const {
  context->set_deadline(absl::ToChronoTime(absl::Now() + timeout_));
}

absl::Status Connection::ToStatus(const grpc::Status& status,
                                  const grpc::ClientContext& context) const {
  if (status.ok()) return absl::OkStatus();
  const std::string& message = status.error_message();
  switch (status.error_code()) {
    case grpc::StatusCode::UNAVAILABLE:
      if (NobodyAnswered(message)) {
        return absl::UnavailableError(absl::StrCat("no broker answers at ", address_,
                                                   "; start one with `pavaned` or give --address"));
      }
      if (ConnectionBroke(message)) {
        return absl::UnavailableError(absl::StrCat("the connection to the broker at ", address_,
                                                   " broke (", message, "); is it restarting?"));
      }
      return absl::UnavailableError(
          absl::StrCat("the broker at ", address_, " is not available now: ", message));
    case grpc::StatusCode::DEADLINE_EXCEEDED:
      return absl::DeadlineExceededError(absl::StrCat("no answer from ", address_, " within ",
                                                      DurationText(timeout_),
                                                      "; give a longer --timeout"));
    case grpc::StatusCode::UNIMPLEMENTED:
      return absl::UnimplementedError(
          absl::StrCat("the broker at ", address_, " cannot do this yet",
                       message.empty() ? "" : absl::StrCat(": ", message)));
    default:
      return FromBroker(status, context);
  }
}

}  // namespace pavane::cli
