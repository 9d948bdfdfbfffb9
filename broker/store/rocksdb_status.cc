#include "store/rocksdb_status.h"

#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace pavane::store {

absl::Status FromRocksDb(const rocksdb::Status& status, absl::string_view what) {
  if (status.ok()) return absl::OkStatus();
  const std::string text = status.ToString();
  const std::string message = absl::StrCat(what, ": ", text);
  if (status.IsCorruption()) return absl::DataLossError(message);
  if (status.IsNoSpace() || absl::StrContains(text, "No space left on device")) {
    return absl::ResourceExhaustedError(absl::StrCat(what, ": the disk is full: ", text));
  }
  // RocksDB has no codes of its own for these.
  if (absl::StrContains(text, "Permission denied")) return absl::PermissionDeniedError(message);
  if (absl::StrContains(text, "lock ")) return absl::UnavailableError(message);
  if (status.IsNotFound()) return absl::NotFoundError(message);
  if (status.IsInvalidArgument()) return absl::FailedPreconditionError(message);
  return absl::InternalError(message);
}

}  // namespace pavane::store
