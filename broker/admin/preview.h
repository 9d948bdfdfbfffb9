#ifndef PAVANE_ADMIN_PREVIEW_H_
#define PAVANE_ADMIN_PREVIEW_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"

#include "base/ids.h"
#include "ingress/rule_book.h"
#include "pavane/admin/v1/rule.pb.h"
#include "rules/matcher.h"
#include "store/log.h"

namespace pavane::admin {

/// A preview that is under way; see Previewer. One thread at a time.
struct PreviewRun {
  std::shared_ptr<const store::Catalog> catalog;  // for the names of buses
  std::string bus_name;
  BusId bus;
  Sequence next;
  Sequence last;
  uint64_t events_left = 0;
  std::shared_ptr<const rules::Matcher> matcher;  // of the draft and the rule it replaces
  bool list_sequences = false;
  bool compares = false;  // with a rule it replaces
  // Events still to show.
  uint32_t matched_left = 0;
  uint32_t newly_matched_left = 0;
  uint32_t no_longer_matched_left = 0;
  size_t sample_bytes_left = 0;
  pavane::admin::v1::PreviewRuleResponse totals;  // only the counts
};

/// Runs a draft pattern over the stored events of a bus, a bounded piece at a time: what
/// RuleAdmin.PreviewRule does. Reads touch the disk; the writer is not asked for anything.
class Previewer {
 public:
  /// The references outlive the object.
  Previewer(const ingress::RuleBook& rules, const store::Log& log) : rules_(rules), log_(log) {}

  absl::StatusOr<std::unique_ptr<PreviewRun>> Start(
      const pavane::admin::v1::PreviewRuleRequest& request) const;
  /// The next few thousand events; `done` in the answer: it was the last call.
  absl::StatusOr<pavane::admin::v1::PreviewRuleResponse> Step(PreviewRun& run) const;

 private:
  absl::Status SetMatcher(const ingress::RuleSnapshot& snapshot,
                          const pavane::admin::v1::PreviewRuleRequest& request,
                          PreviewRun* run) const;
  absl::Status SetRange(const pavane::admin::v1::PreviewRuleRequest& request,
                        PreviewRun* run) const;

  const ingress::RuleBook& rules_;
  const store::Log& log_;
};

}  // namespace pavane::admin

#endif  // PAVANE_ADMIN_PREVIEW_H_
