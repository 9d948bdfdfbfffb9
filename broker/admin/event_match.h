#ifndef PAVANE_ADMIN_EVENT_MATCH_H_
#define PAVANE_ADMIN_EVENT_MATCH_H_

#include <cstdint>
#include <limits>
#include <memory>
#include <string>

#include "absl/status/statusor.h"

#include "event/stored_event.h"
#include "ingress/rule_snapshot.h"
#include "pavane/admin/v1/event.pb.h"
#include "rules/matcher.h"
#include "rules/pattern.h"

namespace pavane::admin {

/// Which stored events a list or tail shows.
struct EventSelector {
  std::string type;
  std::string source;
  std::string correlation_id;
  int64_t since_us = std::numeric_limits<int64_t>::min();
  int64_t until_us = std::numeric_limits<int64_t>::max();
  std::shared_ptr<const rules::Matcher> matcher;  // null: any

  /// EVENT_TOO_COMPLEX for the pattern counts as no match here: a list has nowhere to say so.
  bool Selects(const event::StoredEvent& event) const;
};

/// A matcher of one pattern; null when it is null.
std::shared_ptr<const rules::Matcher> MatcherOf(std::shared_ptr<const rules::Pattern> pattern,
                                                const rules::MatcherOptions& options);

/// The wire's form. Names of buses come from `catalog`.
pavane::admin::v1::StoredEvent ShowEvent(const store::Catalog& catalog, const std::string& bus,
                                         const event::StoredEvent& event);

}  // namespace pavane::admin

#endif  // PAVANE_ADMIN_EVENT_MATCH_H_
