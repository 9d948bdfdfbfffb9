#include "admin/names.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

#include "event/reason.h"

namespace pavane::admin {
namespace {

absl::Status Check(absl::string_view what, absl::string_view name, size_t bytes_max,
                   absl::string_view punctuation) {
  if (name.empty()) {
    return event::Invalid(pavane::v1::INVALID_NAME,
                          absl::StrCat("the name of a ", what, " must not be empty"));
  }
  if (name.size() > bytes_max) {
    return event::Invalid(
        pavane::v1::INVALID_NAME,
        absl::StrCat("the name of a ", what, " has ", name.size(), " bytes; at most ", bytes_max));
  }
  const bool allowed = std::all_of(name.begin(), name.end(), [&](char c) {
    return absl::ascii_isalnum(c) || punctuation.find(c) != absl::string_view::npos;
  });
  if (!allowed) {
    return event::Invalid(pavane::v1::INVALID_NAME,
                          absl::StrCat("the name '", absl::CHexEscape(name), "' of a ", what,
                                       " may only have letters, digits and ", punctuation));
  }
  if (name == "_other") {
    return event::Invalid(pavane::v1::INVALID_NAME,
                          absl::StrCat("a ", what,
                                       " must not be called '_other': the metrics sum "
                                       "what has no series of its own under that name"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckBusName(absl::string_view name) { return Check("bus", name, 256, "._-"); }
absl::Status CheckRuleName(absl::string_view name) { return Check("rule", name, 256, "._-/"); }
absl::Status CheckTargetId(absl::string_view id) { return Check("target", id, 64, "._-"); }
absl::Status CheckServiceName(absl::string_view name) { return Check("service", name, 128, "._-"); }
absl::Status CheckServiceRuleName(absl::string_view name) {
  return Check("service's rule", name, 80, "._-");
}

absl::Status CheckDescription(absl::string_view text) {
  constexpr size_t kDescriptionBytesMax = 512;
  if (text.size() <= kDescriptionBytesMax) return absl::OkStatus();
  return event::Invalid(
      pavane::v1::INVALID_NAME,
      absl::StrCat("the description has ", text.size(), " bytes; at most ", kDescriptionBytesMax));
}

}  // namespace pavane::admin
