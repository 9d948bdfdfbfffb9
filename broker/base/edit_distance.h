// "unknown key 'retension', did you mean 'retention'?"
#ifndef PAVANE_BASE_EDIT_DISTANCE_H_
#define PAVANE_BASE_EDIT_DISTANCE_H_

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace pavane {

// Insertions, deletions, replacements and swaps of neighbouring characters that turn one text into
// the other.
size_t EditDistance(absl::string_view from, absl::string_view to);

// The candidate nearest to `name`, the first of equals; nothing if none is near enough to be meant
// (within a third of the name's length, at least two edits).
std::optional<std::string> NearestName(absl::string_view name,
                                       const std::vector<std::string>& candidates);

}  // namespace pavane

#endif  // PAVANE_BASE_EDIT_DISTANCE_H_
