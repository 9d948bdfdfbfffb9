#ifndef PAVANE_RETENTION_H_
#define PAVANE_RETENTION_H_

#include <cstdint>
#include <functional>
#include <string>

#include "absl/container/flat_hash_set.h"

#include "admin/dead_letter_admin.h"
#include "base/clock.h"
#include "base/ids.h"
#include "config/config.h"
#include "delivery/dispatcher.h"
#include "ingress/filler.h"
#include "ingress/gate.h"
#include "ingress/rule_book.h"
#include "metrics/broker_metrics.h"
#include "store/log.h"
#include "store/writer.h"

namespace pavane {

/// Lets go what need not be kept: events by age and by the byte limit of their bus, events of
/// deleted buses, dead letters by age and number. Never an event that an unsettled delivery needs:
/// where a byte limit is pinned by one, publishing to the bus is refused until it is settled.
///
/// Everything goes through the writer in bounded pieces, each awaited. Calls come from one thread.
class Retention {
 public:
  struct Parts {
    Clock& clock;
    const config::RetentionConfig& config;
    store::Log& log;
    store::Writer& writer;
    const delivery::Dispatcher& dispatcher;
    const ingress::RuleBook& rules;
    ingress::Gate& gate;
    admin::DeadLetterAdmin& dead_letters;
    const ingress::Filler& filler;
    metrics::BrokerMetrics& metrics;
    /// Asked between pieces: true ends the call early.
    std::function<bool()> stopping;
  };

  /// What the parts refer to outlives the object.
  explicit Retention(Parts parts) : parts_(std::move(parts)) {}

  void DropOldEvents();
  void DropDeletedBuses();
  void HoldByteLimits();
  void ExpireDeadLetters();

 private:
  class DropTransaction;

  /// Drops whole blocks below `before`; returns how many events went.
  uint64_t DropEvents(BusId bus, Sequence before, uint64_t revived);
  uint64_t DropPiece(BusId bus, Sequence before, uint64_t revived);
  /// What pins the bus above its limit after all was dropped that may go; empty when nothing does.
  std::string HoldByteLimit(const store::BusEntry& bus);
  std::string PinnedBy(const store::BusEntry& bus, TargetId target) const;

  const Parts parts_;
  absl::flat_hash_set<BusId> pinned_;  // as of the last round
};

}  // namespace pavane

#endif  // PAVANE_RETENTION_H_
