#ifndef PAVANE_TESTS_UNIT_DELIVERY_DELIVERY_MODEL_H_
#define PAVANE_TESTS_UNIT_DELIVERY_DELIVERY_MODEL_H_

#include <cstdint>
#include <map>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"

#include "tests/unit/delivery/harness.h"

namespace pavane::delivery {

/// Random operations on a whole delivery station beside the plainest model there is: which events
/// each target was given, with which keys, and what became of each. Publishes, settles, lets leases
/// and ages run out, redrives, skips, purges, pauses, kills, moves and sets the clock. The same
/// seed does the same.
///
/// What must hold: a delivery ends once and as the model saw it; nothing is handed out that has
/// ended; of an ordered target one delivery of a key is out, in the order of sequences, and none
/// passes a dead letter that blocks; a delivery is given up only for a reason that the model knows;
/// after a restart the same is open; at the end nothing is left and the counters agree.
class DeliveryModel {
 public:
  explicit DeliveryModel(uint64_t seed);

  /// Does that many operations, then settles all that is left. The first difference between station
  /// and model ends it.
  absl::Status Run(uint64_t operations);
  /// How often each kind of thing happened, for people.
  std::string Summary() const;

 private:
  enum TargetKind { kPlain, kPlainToo, kOther, kContinue, kBlock, kShortLived, kTargets };
  using Id = std::pair<TargetId, uint64_t>;  // target, sequence
  struct Open {
    uint64_t key = 0;
    absl::Time since;       // published or redriven at
    bool redriven = false;  // handed out late where dead letters do not block
    bool in_order = false;
    uint32_t nacks = 0;
  };
  struct Held {
    std::string service;
    std::string delivery_id;
    Id id;
  };

  uint64_t Below(uint64_t n) { return random_() % n; }
  absl::Status Fail(const std::string& what) const;
  std::string Show(const Id& id) const;
  bool Ordered(TargetId target) const;
  bool Blocking(TargetId target) const { return target == targets_[kBlock]; }
  const char* ServiceOf(TargetId target) const;

  // ---- operations
  absl::Status Step();
  void PutRule();
  void Publish();
  absl::Status Settle();
  absl::Status SettleHeld(const Held& held, uint64_t kind);
  absl::Status Restart(bool checkpoint);
  void Reconnect(const std::string& service);
  void Pause();
  void JumpWall();
  void ChangeLetter();
  absl::Status Finish();

  // ---- looking at the station
  absl::Status Observe();
  absl::Status SeeLetters();
  absl::Status SeeLetter(const store::DeadLetterRecord& letter);
  absl::Status SeeDeliveries();
  absl::Status SeeDelivery(const std::string& service, const targets::OutgoingDelivery& delivery);
  absl::Status CheckOrder(const Id& id, const Open& open);
  absl::Status CheckCounters();

  std::mt19937_64 random_;
  Harness harness_;
  std::vector<TargetId> targets_;
  std::vector<bool> paused_ = std::vector<bool>(kTargets, false);
  std::map<std::string, Harness::Client> clients_;
  std::vector<Held> held_;
  std::map<Id, Open> open_;
  std::map<uint64_t, store::DeadLetterRecord> letters_;  // by id
  std::map<TargetId, uint64_t> last_letter_;             // seen
  std::set<Id> skipping_;                                // their letters come again
  std::set<Id> rejected_;  // by the service: their letters must come at once
  std::map<TargetId, uint64_t> created_, acked_;
  std::map<std::pair<TargetId, store::FailureReason>, uint64_t> failed_;
  absl::Duration behind_;  // of the wall clock, through jumps
  uint64_t operation_ = 0;
  std::map<std::string, uint64_t> happened_;
};

}  // namespace pavane::delivery

#endif  // PAVANE_TESTS_UNIT_DELIVERY_DELIVERY_MODEL_H_
