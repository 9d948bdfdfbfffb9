#ifndef PAVANE_ADMIN_EXPLAIN_H_
#define PAVANE_ADMIN_EXPLAIN_H_

#include <string>

#include "absl/status/statusor.h"

#include "event/stored_event.h"
#include "ingress/rule_book.h"
#include "pavane/admin/v1/rule.pb.h"
#include "rules/explain.h"
#include "store/log.h"

namespace pavane::admin {

/// Why a rule or pattern matches an event or not: what RuleAdmin.ExplainMatch does. Reads may touch
/// the disk, and the work of one call is bounded but not small: not for threads that must not
/// block.
class Explainer {
 public:
  /// The references outlive the object.
  Explainer(const ingress::RuleBook& rules, const store::Log& log) : rules_(rules), log_(log) {}

  absl::StatusOr<pavane::admin::v1::ExplainMatchResponse> Explain(
      const pavane::admin::v1::ExplainMatchRequest& request) const;

 private:
  using Request = pavane::admin::v1::ExplainMatchRequest;
  using Response = pavane::admin::v1::ExplainMatchResponse;

  /// A snapshot all of whose changes are durable, so that the log's history of rules knows them.
  absl::StatusOr<ingress::RuleSnapshotPtr> DurableSnapshot() const;
  /// The stored event that the request names; null when it brings its own.
  absl::StatusOr<event::StoredEventPtr> FindStored(BusId bus, const Request& request) const;
  absl::StatusOr<event::StoredEventPtr> FindById(BusId bus, const Request& request) const;
  /// The rule when the event was accepted.
  absl::StatusOr<pavane::admin::v1::RuleAsOf> RuleThen(const store::RuleEntryPtr& now, BusId bus,
                                                       const std::string& name,
                                                       const event::StoredEvent& event) const;
  absl::Status ExplainRule(const ingress::RuleSnapshot& snapshot, const Request& request, BusId bus,
                           const event::StoredEvent* stored, const event::EventView& view,
                           Response* response) const;
  absl::Status ExplainPattern(const std::string& text, const event::EventView& view,
                              Response* response) const;
  /// What `rule` makes of the event: what the response says if it has the pattern `explained`. That
  /// it cannot be told is an answer, too: the other of two versions is no reason to fail.
  void SetMatched(const event::EventView& view, const std::string& explained,
                  const Response& response, pavane::admin::v1::RuleAsOf* rule) const;
  absl::StatusOr<bool> Matches(const std::string& pattern, const event::EventView& view) const;

  const ingress::RuleBook& rules_;
  const store::Log& log_;
};

}  // namespace pavane::admin

#endif  // PAVANE_ADMIN_EXPLAIN_H_
