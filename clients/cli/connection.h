// The broker, as commands call it.
#ifndef PAVANE_CLIENTS_CLI_CONNECTION_H_
#define PAVANE_CLIENTS_CLI_CONNECTION_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "grpcpp/channel.h"
#include "grpcpp/client_context.h"
#include "grpcpp/support/status.h"

namespace pavane::cli {

// One channel to one broker, made at once and connected by the first call. Calls block; each unary
// call ends within the timeout. A call never waits for a broker to appear.
class Connection {
 public:
  // `address` as ParseAddress takes it.
  static absl::StatusOr<Connection> To(const std::string& address, absl::Duration timeout);

  // Connection::Call(&BusAdmin::Stub::GetBus, request)
  template <typename Stub, typename Request, typename Response>
  absl::StatusOr<Response> Call(grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&,
                                                             Response*),
                                const Request& request) const {
    Stub stub(channel_);
    grpc::ClientContext context;
    SetDeadline(&context);
    Response response;
    const grpc::Status status = (stub.*method)(&context, request, &response);
    if (!status.ok()) return ToStatus(status, context);
    return response;
  }

  void SetDeadline(grpc::ClientContext* context) const;

  // What the status of a finished call means to a person: names the address, and what to do next. A
  // reason that the broker gave stands before the message, and ReasonOf() finds it.
  absl::Status ToStatus(const grpc::Status& status, const grpc::ClientContext& context) const;

  const std::shared_ptr<grpc::Channel>& channel() const { return channel_; }
  const std::string& address() const { return address_; }

 private:
  Connection(std::shared_ptr<grpc::Channel> channel, std::string address, absl::Duration timeout);

  std::shared_ptr<grpc::Channel> channel_;
  std::string address_;
  absl::Duration timeout_;
};

}  // namespace pavane::cli

#endif  // PAVANE_CLIENTS_CLI_CONNECTION_H_
