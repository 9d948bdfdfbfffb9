#include "admin/page_token.h"

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

namespace pavane::admin {
namespace {

// Cannot be part of a name.
constexpr char kSeparator = '\n';
constexpr absl::string_view kVersion = "1";

}  // namespace

std::string EncodePageToken(const std::vector<std::string>& parts) {
  return absl::WebSafeBase64Escape(absl::StrCat(kVersion, "\n", absl::StrJoin(parts, "\n")));
}

absl::StatusOr<std::vector<std::string>> DecodePageToken(absl::string_view token, size_t count) {
  if (token.empty()) return std::vector<std::string>();
  std::string text;
  const absl::Status bad =
      absl::InvalidArgumentError("page_token is not one that this broker gave for this call");
  if (!absl::WebSafeBase64Unescape(token, &text)) return bad;
  std::vector<std::string> parts = absl::StrSplit(text, kSeparator);
  if (parts.size() != count + 1 || parts.front() != kVersion) return bad;
  parts.erase(parts.begin());
  return parts;
}

absl::StatusOr<size_t> PageSize(uint32_t requested) {
  constexpr size_t kPageSizeMax = 1000;
  if (requested == 0) return 100;
  if (requested <= kPageSizeMax) return requested;
  return absl::InvalidArgumentError(
      absl::StrCat("page_size is ", requested, "; at most ", kPageSizeMax));
}

}  // namespace pavane::admin
