#ifndef PAVANE_CLIENTS_CPP_SRC_HELD_DELIVERIES_H_
#define PAVANE_CLIENTS_CPP_SRC_HELD_DELIVERIES_H_

#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "clients/cpp/src/clock.h"
#include "clients/cpp/src/delivery_id_hash.h"
#include "pavane/delivery.h"
#include "pavane/v1/subscriber.pb.h"

namespace pavane {
inline namespace client {
namespace internal {

// The deliveries whose leases the service holds, from arrival to the answer of their settlement,
// and when each lease is to be extended: when half of it is over. No thread, no lock: the owner
// calls it under its mutex.
class HeldDeliveries {
 public:
  using Ptr = std::shared_ptr<Delivery>;

  // `lease`: how long from now. False if it is held already.
  bool Add(Ptr delivery, Milliseconds lease, SteadyTime now);

  // Waiting deliveries, the oldest first. Null if none waits; else it is running now.
  Ptr Start();
  bool HasWaiting() const { return waiting_ > 0; }
  // Its handler has returned; it is held until Remove.
  void Settling(std::string_view id);
  // Answered: returns what it was, null if not held.
  Ptr Remove(std::string_view id);
  // Takes out all that wait.
  std::vector<Ptr> RemoveWaiting();

  // The lease is gone: a waiting delivery is dropped, a running one is told. Returns it, or null if
  // not held or settling (then the settlement's answer tells).
  Ptr Lose(std::string_view id);
  // After a reconnect: loses all that are neither in `resumed` nor settling; extends the others at
  // once.
  std::vector<Ptr> Resume(const std::set<std::string>& resumed, SteadyTime now);
  bool Contains(std::string_view id) const { return held_.contains(id); }
  // Empty if not held.
  std::string_view RuleOf(std::string_view id) const;

  // Adds those to extend, up to the message's limit.
  void FillDue(SteadyTime now, pavane::v1::SubscribeRequest::Extend& message);
  bool HasDue(SteadyTime now) const { return NextDue(now) <= now; }
  void Extended(std::string_view id, Milliseconds lease, SteadyTime now);
  SteadyTime NextDue(SteadyTime now) const;

  // Waiting or running.
  size_t unfinished() const { return waiting_ + running_; }
  size_t running() const { return running_; }
  bool empty() const { return held_.empty(); }

 private:
  enum class State { kWaiting, kRunning, kSettling };
  struct Held {
    Ptr delivery;
    State state = State::kWaiting;
    Milliseconds lease;
    SteadyTime extend_at;
  };

  using Map = std::unordered_map<std::string_view, Held, DeliveryIdHash>;

  void Erase(Map::iterator it);

  // By id, which lies in the delivery.
  Map held_;
  // In order of arrival; one that is no longer waiting is skipped.
  std::deque<Ptr> order_;
  // Not later than the first extension that is due: found out again when it has come, or when an
  // extension was put off. Looking at all of them for every message would cost more than the rest.
  mutable std::optional<SteadyTime> next_due_;
  size_t waiting_ = 0;
  size_t running_ = 0;
};

}  // namespace internal
}  // namespace client
}  // namespace pavane

#endif  // PAVANE_CLIENTS_CPP_SRC_HELD_DELIVERIES_H_
