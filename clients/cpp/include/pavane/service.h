#ifndef PAVANE_CLIENTS_CPP_SERVICE_H_
#define PAVANE_CLIENTS_CPP_SERVICE_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "pavane/delivery.h"
#include "pavane/error.h"
#include "pavane/log.h"
#include "pavane/result.h"
#include "pavane/rule.h"

namespace pavane {
inline namespace client {

namespace internal {
class Clock;
class ServiceImpl;
}  // namespace internal

// Handles one delivery, on a worker thread; up to `concurrency` run at one time. What it throws
// becomes a nack with code HANDLER_EXCEPTION.
using Handler = std::function<Result(const Delivery&)>;

struct ServiceOptions {
  // `HOST:PORT` or `unix:PATH`. Empty: the environment's PAVANE_GRPC_ADDRESS, else 127.0.0.1:7440.
  std::string address = {};
  // Name of the service: letters, digits, `.`, `_`, `-`. Instances of one name compete. Empty: the
  // environment's PAVANE_PLUGIN_NAME.
  std::string name = {};
  // Name of this instance, for people. Empty: `HOST-PID`.
  std::string instance = {};
  // Source of emits that have none. Empty: the service's name.
  std::string source = {};

  // Version of the rules that On declares, at least 1. Raise it whenever the set of On calls or
  // their RuleOptions change: the broker replaces the set by a higher version and refuses the same
  // version with other content. A lower version than the broker has is ignored with a warning, so
  // that an old instance may still run.
  uint64_t rule_set_version = 1;

  // Handlers at one time.
  size_t concurrency = 8;
  // Deliveries held at one time, running and waiting. 0: found out, from twice the concurrency on:
  // more where handlers would wait for deliveries, at most 4,096 and what they do in 100 ms.
  size_t credits = 0;

  // For the live map: event types that handlers emit, the program's version, what the service is
  // for.
  std::vector<std::string> emits = {};
  std::string version = {};
  std::string description = {};

  // After Stop, running handlers and settlements have this long.
  std::chrono::milliseconds drain_timeout = std::chrono::seconds(30);
  // Run ends by SIGTERM and SIGINT (the former handlers are put back afterwards).
  bool handle_signals = true;

  // Between tries to connect, growing, with jitter.
  std::chrono::milliseconds backoff_initial = std::chrono::milliseconds(100);
  std::chrono::milliseconds backoff_max = std::chrono::seconds(5);
  // After this long without a word from the broker it is asked; after twice this the connection is
  // given up.
  std::chrono::milliseconds keepalive = std::chrono::seconds(15);

  // Null: StderrLogger().
  Logger logger = {};
};

// A connected service: brings its rules, receives their events, runs handlers and settles what they
// return.
//
//   pavane::Service service({.name = "seat", .rule_set_version = 1});
//   service.On("PaymentConfirmed", [&](const pavane::Delivery& delivery) { return pavane::Ack();
//   }); return service.Run().ok() ? 0 : 1;
//
// Which handler: the one whose rule matched; for rules made by others the one of the event's type,
// else OnAny's; else the delivery is nacked NO_HANDLER. Leases of waiting and running deliveries
// are extended by themselves. Settlements are sent in batches, and again after a lost connection,
// until the broker has answered. While the broker is away it is dialled for ever.
//
// On and OnAny come before Start; everything else from any thread, Stop also from a handler. Owns
// `concurrency` + 3 threads from Start on.
class Service {
 public:
  explicit Service(ServiceOptions options);
  // For tests: `clock` must outlive the service.
  Service(ServiceOptions options, internal::Clock& clock);
  // Stops and waits for the handlers. Not from a handler.
  ~Service();

  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;

  // Brings a durable rule for events of this type and handles its deliveries. Several On of one
  // type need different RuleOptions::name. A mistake (two rules of one name) is told by Start.
  Service& On(std::string_view type, Handler handler);
  Service& On(std::string_view type, RuleOptions rule, Handler handler);

  // Handles what no other handler does. Without `rule` it brings none: operators' rules deliver to
  // it. With `rule`, name and pattern are required.
  Service& OnAny(Handler handler);
  Service& OnAny(RuleOptions rule, Handler handler);

  // Starts and returns at once, connected or not. Error: the options or rules are wrong.
  Error Start();

  // Start (unless started), then until Stop, SIGTERM or SIGINT, then drains: no new deliveries,
  // running handlers finish, their results are settled, waiting deliveries are released. Returns
  // early with the error if the broker refuses the very first opening for good (say
  // RULE_SET_CONFLICT).
  Error Run();

  // Asks to drain and end; returns at once.
  void Stop();

  // Waits until drained and ended. After Start, for those who do not call Run.
  Error Wait();

  // Waits until the broker has opened the stream, rules in force. False if `timeout` passed or the
  // service ended.
  bool WaitConnected(std::chrono::milliseconds timeout);
  bool connected() const;

 private:
  std::unique_ptr<internal::ServiceImpl> impl_;
};

}  // namespace client
}  // namespace pavane

#endif  // PAVANE_CLIENTS_CPP_SERVICE_H_
