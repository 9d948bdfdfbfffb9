#ifndef PAVANE_ADMIN_PAGE_TOKEN_H_
#define PAVANE_ADMIN_PAGE_TOKEN_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace pavane::admin {

/// Page tokens are opaque to clients: texts in URL-safe base64. They tell where the next page
/// begins, so pages stay right while entries come and go.
std::string EncodePageToken(const std::vector<std::string>& parts);
/// Empty for an empty token. InvalidArgument when it is not one of ours or has not `count` parts.
absl::StatusOr<std::vector<std::string>> DecodePageToken(absl::string_view token, size_t count);

/// 0 means 100; InvalidArgument above 1,000.
absl::StatusOr<size_t> PageSize(uint32_t requested);

}  // namespace pavane::admin

#endif  // PAVANE_ADMIN_PAGE_TOKEN_H_
