#ifndef PAVANE_ADMIN_DEAD_LETTER_FILTER_H_
#define PAVANE_ADMIN_DEAD_LETTER_FILTER_H_

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

#include "base/ids.h"
#include "pavane/admin/v1/dead_letter.pb.h"
#include "store/catalog.h"
#include "store/commit_record.h"
#include "store/log.h"

namespace pavane::admin {

/// Whether the letter is one of those that `filter` names.
bool Selects(const pavane::admin::v1::DeadLetterFilter& filter,
             const store::DeadLetterRecord& letter);

/// The one target that the filter can select, if it names a rule's target that still exists.
std::optional<TargetId> TargetOf(const pavane::admin::v1::DeadLetterFilter& filter,
                                 const store::Catalog& catalog);

/// Ids of dead letters as clients see them.
std::string EncodeDeadLetterId(store::Log::DeadLetterKey key);
/// NotFound when it is none of ours.
absl::StatusOr<store::Log::DeadLetterKey> DecodeDeadLetterId(absl::string_view id);

}  // namespace pavane::admin

#endif  // PAVANE_ADMIN_DEAD_LETTER_FILTER_H_
