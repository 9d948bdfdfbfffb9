#include "delivery/settle_transaction.h"

#include <utility>

#include "base/failpoint.h"
#include "base/status_macros.h"

namespace pavane::delivery {

SettleTransaction::SettleTransaction(std::vector<SettleItem> items, uint64_t lane, Done done)
    : items_(std::move(items)), lane_(lane), done_(std::move(done)) {
  for (const SettleItem& item : items_) {
    bytes_ += 128 + (item.letter ? 512 : 0) + (item.emits ? item.emits->bytes() : 0);
  }
}

absl::Status SettleTransaction::Prepare(store::CommitBuilder& commit) {
  for (SettleItem& item : items_) {
    if (item.emits && !FAILPOINT_LIES("delivery.no_emits")) {
      ASSIGN_OR_RETURN(item.record.emitted,
                       item.emits->Append(commit, *item.consumed, item.record.ref.target));
      FAILPOINT("delivery.settle_emitted");
    }
    if (item.erased) commit.EraseException(*item.erased);
    if (item.put) commit.PutException(*item.put);
    if (item.letter) commit.PutDeadLetter(*item.letter);
    commit.Settle(item.record);
  }
  FAILPOINT("delivery.settle_prepared");
  return absl::OkStatus();
}

void SettleTransaction::Complete(const absl::Status& status) {
  done_(status, std::move(items_));
  FAILPOINT("delivery.settle_answered");
}

}  // namespace pavane::delivery
