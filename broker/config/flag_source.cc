#include "absl/strings/str_cat.h"

#include "base/check.h"
#include "base/status_macros.h"
#include "config/keys.h"
#include "config/sources.h"

namespace pavane::config {

absl::Status ApplyFlags(const std::vector<std::pair<std::string, std::string>>& flags,
                        Draft& draft) {
  for (const auto& [name, text] : flags) {
    const Key* key = FindKey(name);
    CHECK(key != nullptr) << "the command line only knows keys: " << name;
    RETURN_IF_ERROR(
        Annotate(SetField(key->field(draft.config), text), absl::StrCat("flag --", name)));
    draft.origins[name] = absl::StrCat("flag --", name);
  }
  return absl::OkStatus();
}

}  // namespace pavane::config
