#ifndef PAVANE_INGRESS_PUBLISHER_H_
#define PAVANE_INGRESS_PUBLISHER_H_

#include <functional>
#include <memory>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"

#include "config/config.h"
#include "event/validate.h"
#include "event/view_buffer.h"
#include "ingress/gate.h"
#include "ingress/publish_transaction.h"
#include "ingress/rule_book.h"
#include "metrics/broker_metrics.h"
#include "pavane/v1/publisher.pb.h"
#include "store/writer.h"

namespace pavane::ingress {

/// A batch as a door has read it.
struct IncomingBatch {
  /// Never null; may lie in an arena that goes with it.
  std::shared_ptr<pavane::v1::PublishRequest> request =
      std::make_shared<pavane::v1::PublishRequest>();
  /// Entries that the door itself refuses, by index: their bytes could not be read.
  absl::flat_hash_map<int, absl::Status> refused;
  /// Whose it is: one for each stream, store::LaneOf the peer for single calls.
  uint64_t lane = store::kBrokerLane;
};

/// The way of a publish: validates each entry and matches it on the caller's thread, hands the rest
/// to the writer, and answers when the commit is durable. Usable from any thread; never blocks.
class Publisher {
 public:
  /// An error refuses the whole call; nothing of it was appended.
  using Callback = PublishTransaction::Callback;

  /// All references outlive the publisher; `metrics` may be null.
  Publisher(const RuleBook& rules, const Gate& gate, store::Writer& writer,
            const config::LimitsConfig& limits, metrics::BrokerMetrics* metrics);

  /// The callback comes on this thread or the writer's, exactly once, and must not block.
  void Publish(IncomingBatch batch, Callback callback);

 private:
  absl::Status CheckBatch(const pavane::v1::PublishRequest& request) const;
  /// Validates and matches one entry.
  absl::StatusOr<PublishItem> Take(const RuleSnapshot& rules, pavane::v1::PublishEntry& entry,
                                   event::ViewBuffer& buffer,
                                   pavane::v1::PublishResult& result) const;
  void Submit(std::unique_ptr<PublishTransaction> transaction);

  const RuleBook& rules_;
  const Gate& gate_;
  store::Writer& writer_;
  const config::LimitsConfig limits_;
  metrics::BrokerMetrics* const metrics_;
};

}  // namespace pavane::ingress

#endif  // PAVANE_INGRESS_PUBLISHER_H_
