#ifndef PAVANE_INGRESS_PUBLISH_TRANSACTION_H_
#define PAVANE_INGRESS_PUBLISH_TRANSACTION_H_

#include <functional>
#include <vector>

#include "absl/status/statusor.h"

#include "base/ids.h"
#include "event/stored_event.h"
#include "ingress/rule_book.h"
#include "metrics/broker_metrics.h"
#include "pavane/v1/publisher.pb.h"
#include "store/transaction.h"

namespace pavane::ingress {

/// One entry on its way to the writer, validated and matched.
struct PublishItem {
  int index = 0;  // of the entry and its result
  event::StoredEvent event;
  Matched matched;
  BusRulesPtr rules;   // it was matched with these
  int64_t due_us = 0;  // not before; 0: at once
};

/// The accepted entries of one publish call. Matches again where a rule of the bus has changed
/// since. The call is answered once, from Complete.
class PublishTransaction : public store::Transaction {
 public:
  using Callback = std::function<void(absl::StatusOr<pavane::v1::PublishResponse>)>;

  struct Call {
    std::vector<PublishItem> items;
    pavane::v1::PublishResponse response;  // one result per entry, refusals filled in
    bool all_or_nothing = false;
    uint64_t lane = store::kBrokerLane;
    Callback callback;
  };

  /// `rules` outlives the transaction; `metrics` may be null.
  PublishTransaction(const RuleBook& rules, metrics::BrokerMetrics* metrics, Call call);

  absl::Status Prepare(store::CommitBuilder& commit) override;
  void Complete(const absl::Status& status) override;
  bool answers_only() const override { return true; }
  uint64_t lane() const override { return call_.lane; }
  size_t bytes() const override { return bytes_; }

  /// Answers without the writer: nothing was appended (`status` not OK), or nothing had to be.
  static void Answer(Call call, const absl::Status& status, metrics::BrokerMetrics* metrics);

 private:
  absl::Status MatchAgain(const RuleSnapshot& now, PublishItem& item);
  absl::Status AppendOrSchedule(PublishItem& item, store::CommitBuilder& commit,
                                pavane::v1::PublishResult& result);

  const RuleBook& rules_;
  metrics::BrokerMetrics* const metrics_;
  Call call_;
  size_t bytes_ = 0;
  bool refused_ = false;  // an all_or_nothing call, by its own entry
};

/// Fills in BATCH_REFUSED where no other reason stands.
void RefuseOthers(pavane::v1::PublishResponse& response);

}  // namespace pavane::ingress

#endif  // PAVANE_INGRESS_PUBLISH_TRANSACTION_H_
