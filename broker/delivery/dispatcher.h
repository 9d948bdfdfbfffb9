#ifndef PAVANE_DELIVERY_DISPATCHER_H_
#define PAVANE_DELIVERY_DISPATCHER_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

#include "base/clock.h"
#include "base/random.h"
#include "delivery/requests.h"
#include "delivery/stats.h"
#include "store/catalog.h"
#include "store/log.h"
#include "store/writer.h"

namespace pavane::delivery {

/// The delivery station: keeps the target queues, hands deliveries to sessions under credit, and
/// settles them. Its state is a fold over the commit records (OnCommit), live and at start alike;
/// leases are in memory only.
///
/// Public calls are thread-safe, never block on disk or network, and post to the delivery loop;
/// callbacks come from the loop or the writer thread and must not block.
class Dispatcher : public store::CommitObserver {
 public:
  struct Options {
    absl::Duration lease_default = absl::Seconds(30);
    absl::Duration lease_max = absl::Hours(12);  // what an extension may ask for
    absl::Duration resume_window = absl::Seconds(5);
    size_t window_max = 10'000;      // entries of a target in memory
    uint32_t in_flight_max = 1'000;  // leases of a target, unless its policy says
    uint32_t session_credit_max = 10'000;
    uint64_t session_credit_bytes_max = 64 << 20;
    uint32_t batch_max = 256;  // deliveries in one message
    uint64_t batch_bytes_max = 1 << 20;
    absl::Duration answers_window = absl::Minutes(10);
    size_t answers_max = 1'000'000;
    absl::Duration checkpoint_interval = absl::Seconds(5);
    pavane::v1::RetryPolicy retry_defaults;  // every field set
  };
  /// Makes the events of a `bus:NAME` forwarding: ingress behind a function. NotFound when the bus
  /// is gone, OutOfRange when the hop limit is reached.
  using ForwardFunction = std::function<absl::StatusOr<std::unique_ptr<PreparedEvents>>(
      const std::string& bus, event::StoredEventPtr event)>;
  /// Makes (or finds) the dial-out session of an address when a target with it appears. Null: the
  /// broker cannot dial (tests).
  class DialOut {
   public:
    virtual ~DialOut() = default;
    virtual void Watch(const std::string& address) = 0;    // first target with the address
    virtual void Unwatch(const std::string& address) = 0;  // last one gone
  };

  /// What is measured of one target's deliveries, each time since the broker's acceptance.
  struct TargetHooks {
    std::function<void(absl::Duration)> on_first_attempt;
    std::function<void(absl::Duration)> on_settled;  // acknowledged
  };
  /// What is measured, for histograms and counters. Called from the loop; any may be empty.
  struct Hooks {
    /// Asked when a target is first of use, so that a delivery looks nothing up.
    std::function<TargetHooks(absl::string_view bus, absl::string_view service)> of_target;
    std::function<void(store::Outcome)> on_settlement;
    std::function<void(absl::string_view bus, uint64_t)> on_discarded;
  };

  /// All references must outlive the dispatcher. `writer` may be given later by set_writer, before
  /// Start.
  Dispatcher(store::Log& log, Clock& clock, Random& random, const Options& options);
  ~Dispatcher() override;

  void set_writer(store::Writer* writer);
  void set_forward(ForwardFunction forward);
  void set_dial_out(DialOut* dial_out);
  void set_hooks(Hooks hooks);

  /// Loads catalog and checkpoint, replays the commits since. Call before Start and before the
  /// writer starts.
  absl::Status Recover();
  /// Starts the loop.
  void Start();
  /// Tells sessions to drain and hands out nothing new; `done` when nothing is in flight any more,
  /// or at the deadline.
  void Drain(absl::Time until, std::function<void()> done);
  /// Checkpoints, ends the loop. Idempotent.
  void Stop();

  // ---- store::CommitObserver (writer thread)
  void OnCommit(const std::shared_ptr<const store::CommitRecord>& commit) override;

  // ---- sessions. A dial-out session uses its address (`grpc://...`) as service name.
  void OpenSession(OpenRequest request, OpenCallback callback);
  void AddCredit(SessionId session, uint32_t messages, uint64_t bytes);
  /// Takes back what is left of it. What was handed out before may still arrive.
  void WithdrawCredit(SessionId session);
  /// A dialled service may also settle by this name (deferred settlements).
  void SetAlias(SessionId session, std::string service);
  void DrainSession(SessionId session);
  void CloseSession(SessionId session, CloseKind kind);

  // ---- settling. `service` as in OpenSession.
  void Settle(std::string service, std::vector<SettlementRequest> settlements,
              SettleCallback callback);
  void Extend(std::string service, std::vector<ExtendRequest> items, ExtendCallback callback);
  /// Waits up to options.wait for the first delivery.
  void Pull(PullOptions options, PullCallback callback);

  // ---- what others ask. Thread-safe, from snapshots refreshed by the loop or from atomics.
  /// Deliveries of the target not settled for good: exact in commit order on the writer thread.
  uint64_t unsettled(TargetId target) const;
  LowWater low_water(BusId bus) const;
  std::vector<TargetStats> CollectTargetStats() const;
  std::vector<ServiceStats> CollectServiceStats() const;

 private:
  class Loop;
  std::unique_ptr<Loop> loop_;
};

}  // namespace pavane::delivery

#endif  // PAVANE_DELIVERY_DISPATCHER_H_
