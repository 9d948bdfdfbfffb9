#ifndef PAVANE_DELIVERY_SERVICE_TABLE_H_
#define PAVANE_DELIVERY_SERVICE_TABLE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"

#include "base/clock.h"
#include "base/ids.h"
#include "delivery/lease_table.h"
#include "delivery/loop_context.h"
#include "delivery/requests.h"
#include "delivery/service.h"

namespace pavane::delivery {

/// The services by name, the sessions of their instances, and their waiting pulls. Knows which
/// services have something to do (Touch), but hands nothing out itself. Loop thread only.
class ServiceTable {
 public:
  using Services = absl::flat_hash_map<std::string, std::unique_ptr<Service>>;

  ServiceTable(LoopContext& context, LeaseTable& leases) : context_(context), leases_(leases) {}

  // ---- services
  /// Made when it is not there.
  Service& Named(const std::string& name);
  Service* Find(const std::string& name);
  void DropIfUnused(const std::string& name);
  const Services& services() const { return services_; }
  /// The service's targets or sessions can go on.
  void Touch(Service& service);
  /// What was touched since the last call.
  std::vector<Service*> TakeTouched();
  bool any_touched() const { return !touched_.empty(); }

  // ---- sessions
  void Open(OpenRequest request, const OpenCallback& callback);
  void AddCredit(SessionId id, uint32_t messages, uint64_t bytes);
  void WithdrawCredit(SessionId id);
  void SetAlias(SessionId id, std::string service);
  void StopTaking(SessionId id);
  /// Returns the tokens of leases to be queued again at once; those of a lost session wait.
  std::vector<uint64_t> Close(SessionId id, CloseKind kind);
  SessionState* FindSession(SessionId id);
  /// Whether a service of this name may settle for the far end.
  bool MayServe(const std::string& service, const std::string& far_end) const;
  /// Forgets sessions whose resume window is over; returns the tokens of their leases.
  std::vector<uint64_t> EndLost(MonotonicTime now);
  /// When EndLost has something to do; InfiniteFuture when no session is lost.
  MonotonicTime next_lost() const { return next_lost_; }
  /// Tells all sessions to drain, answers all pulls.
  void Drain(absl::Time until);

  // ---- pulls
  void Pull(PullOptions options, PullCallback callback);
  void AnswerLatePulls(MonotonicTime now);
  /// The first deadline of a pull; InfiniteFuture when none waits.
  MonotonicTime NextPullDeadline() const;

 private:
  void Resume(SessionState& session, const std::string& resume_token, OpenAnswer& answer);
  std::vector<uint64_t> TakeLeases(SessionState& session);

  LoopContext& context_;
  LeaseTable& leases_;
  Services services_;
  absl::flat_hash_map<SessionId, std::unique_ptr<SessionState>> sessions_;
  absl::flat_hash_map<SessionId, std::string> aliases_;
  std::vector<Service*> touched_;
  MonotonicTime next_lost_ = MonotonicTime::InfiniteFuture();
  uint64_t last_session_ = 0;
};

}  // namespace pavane::delivery

#endif  // PAVANE_DELIVERY_SERVICE_TABLE_H_
