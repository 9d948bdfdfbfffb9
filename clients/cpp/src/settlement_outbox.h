#ifndef PAVANE_CLIENTS_CPP_SRC_SETTLEMENT_OUTBOX_H_
#define PAVANE_CLIENTS_CPP_SRC_SETTLEMENT_OUTBOX_H_

#include <cstddef>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "clients/cpp/src/clock.h"
#include "clients/cpp/src/delivery_id_hash.h"
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

  using Request = pavane::v1::SubscribeRequest;

  void Add(pavane::v1::Settlement settlement);

  bool Contains(std::string_view id) const;
  bool HasDue(SteadyTime now) const;
  // A message with what is due, as much as one takes; null if nothing is. The outbox keeps it until
  // each of its settlements is answered.
  std::shared_ptr<const Request> Next(SteadyTime now);
  // All that was sent and not answered is to be sent again.
  void Disconnected();

  Fate Answer(const pavane::v1::SettleResult& result, SteadyTime now);

  size_t size() const { return unsent_.size() + sent_.size(); }
  size_t unsent() const { return unsent_.size(); }
  // Whether something is sent and not answered.
  bool awaits_answers() const { return !sent_.empty(); }
  // Whether what waits fills a message.
  bool has_full_message() const { return unsent_.size() >= kMessageSettlementsMax; }
  // When something that waits for its time is due; far away if nothing does.
  SteadyTime NextDue(SteadyTime now) const;

 private:
  static constexpr size_t kMessageSettlementsMax = 256;

  struct Waiting {
    pavane::v1::Settlement settlement;
    SteadyTime due = {};
    bool replaced = false;
  };
  // A settlement within a message that was sent, not copied out of it.
  struct Sent {
    std::shared_ptr<const Request> message;
    int index = 0;
    bool replaced = false;

    const pavane::v1::Settlement& settlement() const {
      return message->settle().settlements(index);
    }
  };

  std::deque<Waiting> unsent_;
  // Those of unsent_ that are not due at once.
  size_t delayed_ = 0;
  // By delivery id, which lies in the message.
  std::unordered_map<std::string_view, Sent, DeliveryIdHash> sent_;
};

}  // namespace internal
}  // namespace client
}  // namespace pavane

#endif  // PAVANE_CLIENTS_CPP_SRC_SETTLEMENT_OUTBOX_H_
