#ifndef PAVANE_CLIENTS_CPP_SRC_SETTLEMENT_OUTBOX_H_
#define PAVANE_CLIENTS_CPP_SRC_SETTLEMENT_OUTBOX_H_

#include <cstddef>
#include <deque>
#include <map>
#include <string>

#include "clients/cpp/src/clock.h"
#include "pavane/v1/subscriber.pb.h"

namespace pavane {
inline namespace client {
namespace internal {

// Settlements from a handler's return to the broker's answer. A lost stream sends what is
// unanswered again: the broker repeats its answer, or refuses what came too late. No thread, no
// lock: the owner calls it under its mutex.
class SettlementOutbox {
 public:
  // What became of an answered settlement.
  enum class Fate {
    kUnknown,    // not waited for (an answer repeated after a reconnect)
    kAccepted,   // done
    kLater,      // refused for now, kept and sent again
    kReplaced,   // refused for what it says; a nack with the reason goes instead
    kAbandoned,  // refused for good
  };

  void Add(pavane::v1::Settlement settlement);

  bool Contains(const std::string& id) const;
  bool HasDue(SteadyTime now) const;
  // Moves what is due into `message`, as much as one message takes.
  void Fill(SteadyTime now, pavane::v1::SubscribeRequest::Settle& message);
  // All that was sent and not answered is to be sent again.
  void Disconnected();

  Fate Answer(const pavane::v1::SettleResult& result, SteadyTime now);

  size_t size() const { return unsent_.size() + sent_.size(); }
  // When something that waits for its time is due; far away if nothing does.
  SteadyTime NextDue(SteadyTime now) const;

 private:
  struct Item {
    pavane::v1::Settlement settlement;
    SteadyTime due = {};
    bool replaced = false;
  };

  std::deque<Item> unsent_;
  std::map<std::string, Item> sent_;
};

}  // namespace internal
}  // namespace client
}  // namespace pavane

#endif  // PAVANE_CLIENTS_CPP_SRC_SETTLEMENT_OUTBOX_H_
