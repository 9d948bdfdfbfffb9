#ifndef PAVANE_DELIVERY_SETTLE_TRANSACTION_H_
#define PAVANE_DELIVERY_SETTLE_TRANSACTION_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "absl/status/status.h"

#include "delivery/requests.h"
#include "event/stored_event.h"
#include "store/commit_record.h"
#include "store/transaction.h"

namespace pavane::delivery {

/// One attempt's end on its way into the log: the settlement and what follows from it.
struct SettleItem {
  store::SettlementRecord record;
  std::optional<store::ExceptionRecord> erased;
  std::optional<store::ExceptionRecord> put;
  std::optional<store::DeadLetterRecord> letter;
  std::unique_ptr<PreparedEvents> emits;  // null: none
  event::StoredEventPtr consumed;         // set when emits is
  size_t answer_index = 0;                // the caller's, untouched
  uint32_t attempt = 0;                   // of the delivery id; the caller's, untouched
};

/// Commits settlements with their emits. All items of one transaction stand or fall together, so an
/// item with emits, which can be refused, gets a transaction of its own.
class SettleTransaction : public store::Transaction {
 public:
  /// Answer or writer thread; the items have their `emitted` filled in when the status is OK.
  using Done = std::function<void(const absl::Status&, std::vector<SettleItem>)>;

  SettleTransaction(std::vector<SettleItem> items, uint64_t lane, Done done);

  absl::Status Prepare(store::CommitBuilder& commit) override;
  void Complete(const absl::Status& status) override;
  bool answers_only() const override { return true; }
  uint64_t lane() const override { return lane_; }
  size_t bytes() const override { return bytes_; }
  bool reserved() const override { return true; }

  /// Gives the items back when the writer's queue did not take the transaction.
  std::vector<SettleItem> TakeItems() { return std::move(items_); }

 private:
  std::vector<SettleItem> items_;
  const uint64_t lane_;
  Done done_;
  size_t bytes_ = 0;
};

}  // namespace pavane::delivery

#endif  // PAVANE_DELIVERY_SETTLE_TRANSACTION_H_
