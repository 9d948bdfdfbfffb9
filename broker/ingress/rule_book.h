#ifndef PAVANE_INGRESS_RULE_BOOK_H_
#define PAVANE_INGRESS_RULE_BOOK_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "base/ids.h"
#include "base/mutex.h"
#include "ingress/rule_snapshot.h"
#include "rules/matcher.h"
#include "rules/pattern.h"
#include "store/commit_builder.h"
#include "store/commit_record.h"

namespace pavane::ingress {

/// Patterns parsed before the writer needs them, by text.
using ParsedPatterns = absl::flat_hash_map<std::string, std::shared_ptr<const rules::Pattern>>;

/// The rules in force: holds the current RuleSnapshot and exchanges it whole. A catalog change goes
/// through `Change`, inside its transaction's Prepare on the writer thread, so every event later in
/// the commit order is judged by the new version. The bases of large rule sets are rebuilt on the
/// housekeeping thread.
class RuleBook {
 public:
  struct Options {
    rules::MatcherOptions matcher;
    rules::PatternOptions pattern;
  };

  explicit RuleBook(Options options);

  /// At start: everything that Log::ReadCatalog returned.
  absl::Status Load(const std::vector<store::CatalogChange>& entries, CatalogVersion version)
      ABSL_LOCKS_EXCLUDED(update_mu_, mu_);

  /// The current snapshot. Any thread.
  RuleSnapshotPtr snapshot() const ABSL_LOCKS_EXCLUDED(mu_);

  /// Writer thread, last in a transaction's Prepare: records `changes` in the commit and puts the
  /// snapshot with them in force. On an error nothing is in force. Missing patterns are parsed.
  absl::Status Change(const std::vector<store::CatalogChange>& changes,
                      const ParsedPatterns& patterns, store::CommitBuilder& commit)
      ABSL_LOCKS_EXCLUDED(update_mu_, mu_);

  /// Housekeeping, every second: rebuilds bases whose overlay has grown, or has not changed for
  /// some calls, since every event pays for an overlay. May take seconds; blocks no reader and no
  /// writer meanwhile.
  void RebuildWhereNeeded() ABSL_LOCKS_EXCLUDED(update_mu_, mu_);

  const Options& options() const { return options_; }

 private:
  absl::StatusOr<RuleSnapshotPtr> Next(const RuleSnapshot& current,
                                       const std::vector<store::CatalogChange>& changes,
                                       CatalogVersion version,
                                       const ParsedPatterns& patterns) const;
  absl::StatusOr<std::shared_ptr<const rules::Pattern>> PatternOf(
      const store::RuleEntry& rule, const ParsedPatterns& patterns) const;
  void Swap(RuleSnapshotPtr next) ABSL_LOCKS_EXCLUDED(mu_);
  void Rebase(BusId bus, const rules::RuleSet& rebuilt) ABSL_LOCKS_EXCLUDED(update_mu_, mu_);

  // An overlay as RebuildWhereNeeded saw it.
  struct Settling {
    std::weak_ptr<const rules::RuleSet> rules;
    int calls = 0;
  };
  bool Settled(BusId bus, const std::shared_ptr<const rules::RuleSet>& rules);

  const Options options_;
  // Housekeeping thread only.
  absl::flat_hash_map<BusId, Settling> settling_;
  // Held while the next snapshot is computed from the current one and exchanged for it. Taken
  // before mu_.
  Mutex update_mu_;
  mutable Mutex mu_;
  RuleSnapshotPtr current_ ABSL_GUARDED_BY(mu_);
};

}  // namespace pavane::ingress

#endif  // PAVANE_INGRESS_RULE_BOOK_H_
