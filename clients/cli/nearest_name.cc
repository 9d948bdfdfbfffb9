// The broker has the same for its configuration keys (base/edit_distance.h); clients include
// nothing of the broker's.
#include "clients/cli/nearest_name.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace pavane::cli {
namespace {

size_t Edits(absl::string_view a, absl::string_view b) {
  // row[j]: edits that turn the first i bytes of `a` into the first j of `b`.
  std::vector<size_t> before_last(b.size() + 1);
  std::vector<size_t> last(b.size() + 1);
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    std::swap(before_last, last);
    std::swap(last, row);
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t replace = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({replace, last[j] + 1, row[j - 1] + 1});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) row[j] = std::min(row[j], before_last[j - 2] + 1);
    }
  }
  return row[b.size()];
}

}  // namespace

std::optional<std::string> NearestName(absl::string_view name,
                                       const std::vector<std::string>& candidates) {
  std::optional<std::string> nearest;
  size_t fewest = std::max<size_t>(2, name.size() / 3) + 1;
  for (const std::string& candidate : candidates) {
    const size_t edits = Edits(name, candidate);
    // As many edits as letters would make any word of any other.
    if (edits >= fewest || edits >= std::max(name.size(), candidate.size())) continue;
    fewest = edits;
    nearest = candidate;
  }
  if (nearest || name.empty()) return nearest;
  for (const std::string& candidate : candidates) {
    if (absl::StartsWith(candidate, name)) return candidate;
  }
  return std::nullopt;
}

std::string DidYouMean(const std::optional<std::string>& name) {
  return name ? absl::StrCat("; did you mean '", *name, "'?") : "";
}

}  // namespace pavane::cli
