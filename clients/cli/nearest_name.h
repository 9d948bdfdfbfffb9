// "there is no command 'helth'; did you mean 'health'?"
#ifndef PAVANE_CLIENTS_CLI_NEAREST_NAME_H_
#define PAVANE_CLIENTS_CLI_NEAREST_NAME_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace pavane::cli {

// The candidate that was probably meant by `name`: the one that the fewest insertions, deletions,
// replacements and swaps of neighbours make of it (at most a third of its length, or two), else the
// first that begins with it. Nothing if none is near.
std::optional<std::string> NearestName(absl::string_view name,
                                       const std::vector<std::string>& candidates);

// "; did you mean 'health'?", or nothing.
std::string DidYouMean(const std::optional<std::string>& name);

}  // namespace pavane::cli

#endif  // PAVANE_CLIENTS_CLI_NEAREST_NAME_H_
