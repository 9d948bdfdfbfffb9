#include "absl/algorithm/container.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

#include "base/edit_distance.h"
#include "base/status_macros.h"
#include "config/keys.h"
#include "config/sources.h"

namespace pavane::config {
namespace {

constexpr absl::string_view kPrefix = "PAVANE_";
// Read by ParseConfig itself, and what clients and plugins read.
constexpr absl::string_view kOtherVariables[] = {"PAVANE_CONFIG", "PAVANE_ADDRESS",
                                                 "PAVANE_GRPC_ADDRESS", "PAVANE_PLUGIN_NAME"};

const Key* FindByVariable(absl::string_view variable) {
  for (const Key& key : Keys()) {
    if (key.variable() == variable) return &key;
  }
  return nullptr;
}

std::string UnknownVariable(absl::string_view variable) {
  std::vector<std::string> names;
  for (const Key& key : Keys()) names.push_back(key.variable());
  std::optional<std::string> nearest = NearestName(variable, names);
  return absl::StrCat("unknown environment variable ", variable, " has no effect",
                      nearest ? absl::StrCat(" (did you mean ", *nearest, "?)") : "");
}

}  // namespace

absl::Status ApplyEnvironment(const char* const* environment, Draft& draft) {
  for (; *environment != nullptr; ++environment) {
    std::pair<absl::string_view, absl::string_view> entry =
        absl::StrSplit(absl::string_view(*environment), absl::MaxSplits('=', 1));
    if (!absl::StartsWith(entry.first, kPrefix) ||
        absl::c_linear_search(kOtherVariables, entry.first))
      continue;
    const Key* key = FindByVariable(entry.first);
    if (key == nullptr) {
      draft.warnings.push_back(UnknownVariable(entry.first));
      continue;
    }
    RETURN_IF_ERROR(Annotate(SetField(key->field(draft.config), entry.second),
                             absl::StrCat("environment variable ", entry.first)));
    draft.origins[std::string(key->name)] = absl::StrCat("environment ", entry.first);
  }
  return absl::OkStatus();
}

}  // namespace pavane::config
