#ifndef PAVANE_STORE_ROCKSDB_STATUS_H_
#define PAVANE_STORE_ROCKSDB_STATUS_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "rocksdb/slice.h"
#include "rocksdb/status.h"

namespace pavane::store {

/// The border between RocksDB's errors and ours: Corruption is DataLoss, a full disk
/// ResourceExhausted, a held lock Unavailable, a refused access PermissionDenied, else Internal.
/// `what` says what was tried.
absl::Status FromRocksDb(const rocksdb::Status& status, absl::string_view what);

inline rocksdb::Slice ToSlice(absl::string_view bytes) { return {bytes.data(), bytes.size()}; }
inline absl::string_view FromSlice(const rocksdb::Slice& slice) {
  return {slice.data(), slice.size()};
}

}  // namespace pavane::store

#endif  // PAVANE_STORE_ROCKSDB_STATUS_H_
