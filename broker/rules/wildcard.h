#ifndef PAVANE_RULES_WILDCARD_H_
#define PAVANE_RULES_WILDCARD_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace pavane::rules {

/// A wildcard: literal pieces with `*` between them, each standing for any run of characters, also
/// none. `\*` and `\\` stand for the second character itself.
class Wildcard {
 public:
  /// Stars a wildcard may have. Matching takes time in proportion to the text whatever their
  /// number, but nobody means that many.
  static constexpr size_t kStarsMax = 256;

  /// Fails with InvalidArgument for `**`, for a backslash before anything else or at the end, and
  /// for more than kStarsMax stars.
  static absl::StatusOr<Wildcard> Parse(absl::string_view text) { return Parse(text, nullptr); }

  /// Where a wildcard is wrong, in bytes of the text, and what is allowed there.
  struct Fault {
    size_t offset = 0;
    absl::string_view allowed;
  };
  /// The same; tells the fault, if one is given, when it fails.
  static absl::StatusOr<Wildcard> Parse(absl::string_view text, Fault* fault);

  bool Matches(absl::string_view text) const;

  /// The literals, one more than there are stars. The first is where a match begins and the last
  /// where it ends; either may be empty.
  const std::vector<std::string>& pieces() const { return pieces_; }

 private:
  Wildcard() : pieces_(1) {}

  std::vector<std::string> pieces_;
};

}  // namespace pavane::rules

#endif  // PAVANE_RULES_WILDCARD_H_
