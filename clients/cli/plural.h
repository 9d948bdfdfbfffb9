// Counts in sentences.
#ifndef PAVANE_CLIENTS_CLI_PLURAL_H_
#define PAVANE_CLIENTS_CLI_PLURAL_H_

#include <cstdint>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace pavane::cli {

// "1 rule", "0 rules", "2 deliveries".
inline std::string Plural(uint64_t count, absl::string_view one, absl::string_view many) {
  return absl::StrCat(count, " ", count == 1 ? one : many);
}

// ", 2 deliveries discarded", or nothing.
inline std::string Discarded(uint64_t deliveries) {
  if (deliveries == 0) return "";
  return absl::StrCat(", ", Plural(deliveries, "delivery", "deliveries"), " discarded");
}

}  // namespace pavane::cli

#endif  // PAVANE_CLIENTS_CLI_PLURAL_H_
