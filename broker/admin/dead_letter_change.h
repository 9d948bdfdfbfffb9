#ifndef PAVANE_ADMIN_DEAD_LETTER_CHANGE_H_
#define PAVANE_ADMIN_DEAD_LETTER_CHANGE_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "ingress/rule_book.h"
#include "store/log.h"
#include "store/transaction.h"

namespace pavane::admin {

/// Erases dead letters, and on request makes deliveries of them, in one commit; or they come back
/// in it and block their ordering keys no longer. Letters that are gone since they were read are
/// passed over.
class DeadLetterChange : public store::Transaction {
 public:
  /// What all changes have in common; outlives them.
  struct Shared {
    const ingress::RuleBook& rules;
    const store::Log& log;
    /// Letters that a commit under way erases: target, id. Writer thread only.
    absl::flat_hash_set<std::pair<uint64_t, uint64_t>> erasing{};
    /// Rises when a redrive is being committed and again when it is.
    std::atomic<uint64_t> redrives{0};
  };
  struct Place {
    std::string bus;
    std::string rule;
    std::string target;
    friend auto operator<=>(const Place&, const Place&) = default;
  };
  using CountByTarget = absl::btree_map<Place, uint64_t>;
  struct Outcome {
    uint64_t changed = 0;
    uint64_t target_gone = 0;
    CountByTarget by_target;  // what `changed` is the sum of
  };
  struct Work {
    std::vector<store::DeadLetterRecord> letters;
    bool redrive = false;
    bool skip = false;      // they stay, but hold their keys no longer
    TargetId to_target;     // zero: each letter's own
    bool only_one = false;  // a missing target is an error
  };
  using Done = std::function<void(absl::StatusOr<Outcome>)>;

  DeadLetterChange(Shared& shared, Work work, Done done)
      : shared_(shared), work_(std::move(work)), done_(std::move(done)) {}

  absl::Status Prepare(store::CommitBuilder& commit) override;
  void Complete(const absl::Status& status) override;
  size_t bytes() const override { return 256 + work_.letters.size() * 512; }
  bool reserved() const override { return true; }
  uint64_t lane() const override { return store::kAdminLane; }

 private:
  absl::Status Redrive(const store::Catalog& catalog, const store::DeadLetterRecord& letter,
                       store::CommitBuilder& commit) const;
  uint64_t KeyFor(const store::RuleEntry& rule, TargetId target,
                  const store::DeadLetterRecord& letter) const;

  Shared& shared_;
  const Work work_;
  const Done done_;
  std::vector<std::pair<uint64_t, uint64_t>> mine_;
  Outcome outcome_;
};

}  // namespace pavane::admin

#endif  // PAVANE_ADMIN_DEAD_LETTER_CHANGE_H_
