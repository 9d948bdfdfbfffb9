#ifndef PAVANE_STORE_WAL_TAIL_H_
#define PAVANE_STORE_WAL_TAIL_H_

#include <cstddef>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace pavane::store {

/// Looks at write-ahead logs that RocksDB refuses. A power cut may leave a hole in what was not
/// synced yet: the file's length and some of its later sectors got to the disk, an earlier one did
/// not and reads as zeros. RocksDB calls that corruption, as it does a flipped bit in the middle.
/// The two differ: a hole is made of whole sectors of zeros, and only at the end of the last log
/// that holds anything.
///
/// The path of the log whose tail is torn in this way, everything before the tear being whole;
/// nothing when there is no damage or it is of another kind.
std::optional<std::string> FindTornLog(const std::string& directory);

/// Offset of the first record in a log's bytes that is there in full length and does not read back;
/// nothing when there is none (a record cut off by the end is none).
std::optional<size_t> FindDamage(absl::string_view log);

}  // namespace pavane::store

#endif  // PAVANE_STORE_WAL_TAIL_H_
