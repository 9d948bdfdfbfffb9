#include "clients/cli/target_name.h"

#include "absl/strings/str_cat.h"

#include "clients/cli/status.h"

namespace pavane::cli {

absl::StatusOr<TargetName> ParseTargetName(absl::string_view text) {
  const size_t first = text.find('/');
  const size_t last = text.rfind('/');
  if (first == absl::string_view::npos || first == 0 || last <= first + 1 ||
      last + 1 == text.size()) {
    return UsageError(absl::StrCat("'", text, "' does not name a target; write BUS/RULE/TARGET"));
  }
  return TargetName{std::string(text.substr(0, first)),
                    std::string(text.substr(first + 1, last - first - 1)),
                    std::string(text.substr(last + 1))};
}

}  // namespace pavane::cli
