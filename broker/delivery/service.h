#ifndef PAVANE_DELIVERY_SERVICE_H_
#define PAVANE_DELIVERY_SERVICE_H_

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/time/time.h"

#include "base/clock.h"
#include "base/ids.h"
#include "delivery/requests.h"
#include "targets/session.h"

namespace pavane::delivery {

/// One instance of a service: its stream, its credit, its leases. After a broken stream it lives on
/// for the resume window without a stream. Loop thread only.
struct SessionState {
  SessionId id;
  std::string service;
  std::string instance;
  std::string peer;
  std::string session_name;
  std::string resume_token;
  absl::Time connected_at;
  uint32_t batch_max = 0;
  std::shared_ptr<targets::Session> stream;  // null: lost, waiting to be resumed
  MonotonicTime resume_until;                // lost sessions only
  bool draining = false;
  uint64_t credit = 0;
  bool bytes_limited = false;
  int64_t credit_bytes = 0;
  absl::flat_hash_set<uint64_t> leases;  // tokens
  std::vector<targets::OutgoingDelivery> batch;
  uint64_t batch_bytes = 0;

  bool CanTake() const {
    return stream != nullptr && !draining && credit > 0 && (!bytes_limited || credit_bytes > 0);
  }
};

/// A waiting Pull.
struct PullWaiter {
  PullOptions options;
  PullCallback callback;
  MonotonicTime deadline;
  std::vector<targets::OutgoingDelivery> batch;
  uint64_t batch_bytes = 0;

  bool CanTake() const {
    return batch.size() < options.deliveries_max &&
           (batch.empty() || batch_bytes < options.bytes_max);
  }
};

/// Who takes the deliveries of all targets that name one service. Loop thread only.
struct Service {
  std::string name;
  std::vector<SessionState*> sessions;  // compete; round robin
  size_t next_session = 0;
  std::deque<PullWaiter> pulls;
  std::deque<TargetId> ready;  // targets with work, round robin
  absl::flat_hash_set<TargetId> targets;
  bool touched = false;  // stands in the loop's list of services to pump

  bool unused() const { return sessions.empty() && pulls.empty() && targets.empty(); }
};

}  // namespace pavane::delivery

#endif  // PAVANE_DELIVERY_SERVICE_H_
