#ifndef PAVANE_STORE_WAL_TAIL_H_
#define PAVANE_STORE_WAL_TAIL_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace pavane::store {

/// What a write-ahead log's bytes say. Offsets are from the begin of the file.
struct LogScan {
  /// The first record that does not read back although it is there in full length, or a hole that
  /// RocksDB would skip in silence: zeros where a record should begin, with bytes behind them.
  std::optional<size_t> damage;
  /// The damage is a hole: whole sectors of zeros, as a power cut leaves where the length of a file
  /// and later sectors got to the disk and earlier ones did not.
  bool hole = false;
  /// Begin of the last record, if the end of the file cuts it off.
  std::optional<size_t> cut;
  /// Nothing but zeros, or nothing.
  bool empty = true;
  /// RocksDB numbers each key it writes: the first number in this log, and the one after the last.
  /// Both 0 when the log holds no whole record.
  uint64_t first_number = 0;
  uint64_t next_number = 0;
};

/// Reads a log (the manifest is one too) block by block. Without `checksums` it looks at the
/// headers only, which finds the holes that RocksDB skips.
LogScan ScanLog(const std::string& path, bool checksums);

/// The number and length of a log that holds anything.
struct LogFile {
  uint64_t number = 0;
  uint64_t bytes = 0;
};

/// A log whose end was torn off by a power cut: everything before `offset` is whole.
struct TornLog {
  std::string path;
  size_t offset = 0;
};

/// What the logs of a directory say together.
struct LogsScan {
  std::optional<TornLog> torn;
  /// The number after the last; 0 when they hold no whole record.
  uint64_t next_number = 0;
  /// Path of the last log that holds a whole record; empty if none does.
  std::string last;
  /// Oldest first.
  std::vector<LogFile> files;
};

/// The damage in the logs of a directory, told apart: torn, if it is a hole in the last log that
/// holds anything; DataLoss naming the log otherwise, also where a log that another one follows has
/// lost its end: its numbers do not reach the next one's. RocksDB would go on in silence.
/// Logs with numbers below `first_needed` are not looked at.
absl::StatusOr<LogsScan> ScanLogs(const std::string& directory, bool checksums,
                                  uint64_t first_needed = 0);

/// The number in a log's name; 0 if it has none.
uint64_t LogNumber(const std::string& path);

}  // namespace pavane::store

#endif  // PAVANE_STORE_WAL_TAIL_H_
