#ifndef PAVANE_DELIVERY_ENGINE_H_
#define PAVANE_DELIVERY_ENGINE_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/btree_set.h"
#include "absl/container/flat_hash_map.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"

#include "base/clock.h"
#include "base/random.h"
#include "delivery/answers.h"
#include "delivery/dead_letter.h"
#include "delivery/dispatcher.h"
#include "delivery/lease_table.h"
#include "delivery/next.h"
#include "delivery/requests.h"
#include "delivery/service.h"
#include "delivery/settle_transaction.h"
#include "delivery/target.h"
#include "store/catalog.h"
#include "store/log.h"
#include "store/writer.h"

namespace pavane::delivery {

/// The delivery loop's state machine, without its thread: every call comes from one thread (the
/// loop), in order. Owns targets, services, sessions and leases. Dispatcher wraps it.
class Engine {
 public:
  struct Environment {
    store::Log& log;
    Clock& clock;
    Random& random;
    /// Hands work back to the loop's thread; from any thread.
    std::function<void(absl::AnyInvocable<void()>)> post;
  };

  Engine(Environment environment, const Dispatcher::Options& options);

  void set_writer(store::Writer* writer) { writer_ = writer; }
  void set_forward(Dispatcher::ForwardFunction forward) { forward_ = std::move(forward); }
  void set_dial_out(Dispatcher::DialOut* dial_out) { dial_out_ = dial_out; }
  void set_hooks(Dispatcher::Hooks hooks) { hooks_ = std::move(hooks); }

  // ---- state (engine.cc)
  /// `unsettled` gets the count of every target.
  absl::Status Recover(const std::function<void(TargetId, uint64_t)>& unsettled);
  void Fold(const store::CommitRecord& commit);
  /// Submits a checkpoint of what changed since the last one.
  void Checkpoint();
  std::vector<TargetStats> CollectTargetStats();
  std::vector<ServiceStats> CollectServiceStats();
  Sequence LowWater(BusId bus);

  // ---- time (engine.cc): all that is due by now; the returned time is when to call again.
  MonotonicTime Tick();

  // ---- sessions and handing out (engine_handout.cc)
  void OpenSession(OpenRequest request, const OpenCallback& callback);
  void AddCredit(SessionId session, uint32_t messages, uint64_t bytes);
  void SetAlias(SessionId session, std::string service);
  void DrainSession(SessionId session);
  void CloseSession(SessionId session, CloseKind kind);
  void Pull(PullOptions options, PullCallback callback);
  void Drain(absl::Time until);
  /// Hands out what the services touched since the last call can take.
  void Pump();
  size_t in_flight() const { return leases_.size(); }

  // ---- settling (engine_settle.cc)
  void Settle(const std::string& service, std::vector<SettlementRequest> settlements,
              SettleCallback callback);
  void Extend(const std::string& service, std::vector<ExtendRequest> items,
              const ExtendCallback& callback);

 private:
  struct SettleBatch;
  struct Expiring {
    SettleItem item;
    TargetQueue::Entry entry;
  };

  int64_t NowUs() const;

  // engine.cc
  void FoldSettlement(const store::SettlementRecord& settlement, int64_t time_us);
  void FoldCatalog(const store::CommitRecord& commit);
  void DefineRule(const store::RuleEntry& rule, bool is_new);
  void DefineTarget(const store::RuleEntry& rule, int index, bool is_new,
                    const store::TargetState* state);
  void RemoveTarget(TargetId id);
  void SweepAges();
  bool ExpireSome(Target& target, int64_t now_us);
  void EndLostSessions(MonotonicTime now);
  void AnswerLatePulls(MonotonicTime now);
  void ExpireLeases(MonotonicTime now);
  void WakeTargets(int64_t now_us);

  // engine_handout.cc
  Service& ServiceNamed(const std::string& name);
  void DropIfUnused(const std::string& name);
  void Touch(Service& service);
  void MarkReady(Target& target);
  void UpdateTimer(Target& target);
  void Stall(Target& target, absl::Duration pause);
  void PumpService(Service& service);
  void PumpForwards();
  void ForwardOne(Target& target);
  SessionState* NextSession(Service& service);
  std::optional<targets::OutgoingDelivery> HandOut(Target& target, SessionId session);
  absl::StatusOr<event::StoredEventPtr> EventOf(const TargetQueue::Entry& entry);
  /// The next entry of the target with its event, too old ones given up on the way.
  std::optional<std::pair<TargetQueue::Entry, event::StoredEventPtr>> TakeDeliverable(
      Target& target);
  Lease& MakeLease(Target& target, TargetQueue::Entry entry, event::StoredEventPtr event,
                   SessionId session, MonotonicTime expires);
  void Requeue(Lease lease);
  void FlushBatches(Service& service);
  void ReleaseLeases(SessionState& session);

  // engine_settle.cc
  SettleItem MakeItem(Target& target, const TargetQueue::Entry& entry,
                      const event::StoredEvent& event, int64_t started_us,
                      const AttemptOutcome& outcome, const AttemptError& error);
  void LogFailure(const Target& target, event::EventRef event, const AttemptError& error,
                  const Decision& decision);
  SettleItem MakeLeaseItem(Target& target, const Lease& lease, const AttemptOutcome& outcome,
                           const AttemptError& error);
  std::optional<SettlementAnswer> Check(const std::string& service,
                                        const SettlementRequest& request, uint64_t content_hash,
                                        Lease** lease);
  bool MayServe(const std::string& service, const Target& target) const;
  SettlementAnswer DeferLease(Lease& lease, const Defer& defer);
  void SubmitBatch(std::shared_ptr<SettleBatch> batch, std::vector<SettleItem> items);
  /// The broker's own settlements; false when the writer's queue is full (nothing changed).
  bool SubmitOwn(std::vector<SettleItem> items);
  void EndLease(uint64_t token, AttemptOutcome::Kind kind, absl::string_view code,
                absl::string_view message);
  void Unsettle(uint64_t token);
  void SettlingStarts(Lease& lease, const store::SettlementRecord& record);

  static constexpr uint64_t kFailureLinesPerSecond = 10;

  const Environment env_;
  const Dispatcher::Options options_;
  const Policy policy_defaults_;
  store::Writer* writer_ = nullptr;
  Dispatcher::ForwardFunction forward_;
  Dispatcher::DialOut* dial_out_ = nullptr;
  Dispatcher::Hooks hooks_;

  std::shared_ptr<const store::Catalog> catalog_;
  Position position_;
  absl::flat_hash_map<TargetId, std::unique_ptr<Target>> targets_;
  absl::flat_hash_map<std::string, std::unique_ptr<Service>> services_;
  absl::flat_hash_map<std::string, uint32_t> dialled_;  // targets per dial-out address
  absl::flat_hash_map<SessionId, std::unique_ptr<SessionState>> sessions_;
  absl::flat_hash_map<SessionId, std::string> aliases_;
  LeaseTable leases_;
  Answers answers_;
  std::vector<Service*> touched_;
  std::deque<TargetId> forward_ready_;
  absl::btree_set<std::pair<int64_t, TargetId>> target_timers_;
  std::vector<TargetId> gone_;  // since the last checkpoint
  uint64_t last_session_ = 0;
  uint64_t failures_logged_ = 0;  // in this second
  bool recovering_ = false;       // replaying: the catalog is ahead of the commits
  bool draining_ = false;
  MonotonicTime next_sweep_;
  MonotonicTime next_checkpoint_;
};

}  // namespace pavane::delivery

#endif  // PAVANE_DELIVERY_ENGINE_H_
