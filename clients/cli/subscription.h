// One session of `pavane subscribe`.
#ifndef PAVANE_CLIENTS_CLI_SUBSCRIPTION_H_
#define PAVANE_CLIENTS_CLI_SUBSCRIPTION_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "absl/time/time.h"
#include "grpcpp/client_context.h"

#include "clients/cli/connection.h"
#include "clients/cli/context.h"
#include "pavane/v1/subscriber.grpc.pb.h"

namespace pavane::cli {

struct SubscriptionOptions {
  std::string service;
  // Of the session's own rule. Empty: no rule; the deliveries of the service are shared with its
  // other instances.
  std::string pattern;
  std::string bus;
  // End after so many. 0: no end.
  uint64_t count = 0;
  // End after this time.
  std::optional<absl::Duration> limit;
  // Give every delivery back instead of acknowledging it.
  bool release = false;
};

// Prints deliveries and settles each after it is printed, never before. Ends by count, by time, by
// ^C or when the output is closed; then it drains: what has come but was not printed is given back,
// and the answers to all settlements are awaited. Used once. The caller's thread reads; a thread of
// Interrupt may ask for the end.
class Subscription {
 public:
  Subscription(const Context& context, const Connection& broker, SubscriptionOptions options);

  absl::Status Run();

 private:
  using Request = pavane::v1::SubscribeRequest;
  using Response = pavane::v1::SubscribeResponse;
  using Stream = grpc::ClientReaderWriterInterface<Request, Response>;

  Request OpenRequest() const;
  // Deliveries that shall be allowed to be on their way.
  uint64_t WantedCredit() const;
  void OnResponse(const Response& response);
  void OnDeliveries(const Response::DeliveryBatch& batch);
  // Prints it if it is wanted, and fills the outcome.
  void Handle(const pavane::v1::Delivery& delivery, pavane::v1::Settlement* settlement);
  void OnSettleResults(const Response::SettleResults& results);
  // Asks the broker for nothing more. Any thread, any number of times.
  void Drain();
  void OnInterrupt();
  // Half-closes once nothing is owed either way.
  void CloseIfDone();
  void Write(const Request& request);
  // As many as were asked for are printed.
  bool Enough() const { return options_.count > 0 && printed_ >= options_.count; }
  absl::Status Outcome(const grpc::Status& status, bool interrupted) const;

  const Context& context_;
  const Connection& broker_;
  const SubscriptionOptions options_;

  grpc::ClientContext call_;
  std::unique_ptr<Stream> stream_;
  absl::Notification ended_;

  // The reading thread's.
  uint64_t printed_ = 0;
  // Deliveries allowed and not come yet.
  uint64_t credit_ = 0;
  // Settlements without an answer yet, and those that were refused.
  uint64_t unanswered_ = 0;
  uint64_t refused_ = 0;
  bool broker_stops_ = false;
  // Nothing more is on its way.
  bool drained_ = false;
  // Half-closed: nothing may be written any more.
  bool closed_ = false;
  absl::Status output_;
  // With `release` a delivery comes again and again; each is printed once.
  std::set<std::string> seen_;

  // One writer at a time.
  absl::Mutex mu_;
  bool draining_ ABSL_GUARDED_BY(mu_) = false;
};

}  // namespace pavane::cli

#endif  // PAVANE_CLIENTS_CLI_SUBSCRIPTION_H_
