#ifndef PAVANE_TESTS_SUPPORT_FAULT_ENV_H_
#define PAVANE_TESTS_SUPPORT_FAULT_ENV_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "rocksdb/env.h"
#include "rocksdb/file_system.h"

namespace pavane::testing {

// A file system below RocksDB that fails on request and knows what was synced, so that a test can
// play the power cut: what was written but not synced is gone.
//
// It keeps a journal in a file of its own (created, synced up to, renamed, deleted), written with
// plain writes, so it survives a SIGKILL of the process and the parent can drop the unsynced bytes
// afterwards. A later run goes on with the same journal: what an earlier one left unsynced is still
// so. Creations, renames and deletions count as durable at once; a file that was never synced
// vanishes. Any thread.
//
// Fail points, by kind of file (wal, table, manifest, current): fault_env.KIND_write,
// fault_env.KIND_sync (before), fault_env.KIND_synced; fault_env.current_renamed.
class FaultEnv {
 public:
  // Goes on with `journal`, or makes it.
  explicit FaultEnv(const std::string& journal);
  ~FaultEnv();

  // For Log::Options::env.
  rocksdb::Env* env() { return env_.get(); }

  // From now on appends beyond `bytes` fail as on a full disk.
  void SetSpaceLeft(int64_t bytes);
  // From now on syncs fail, or, with `after`, when so many have succeeded.
  void FailSyncs(uint64_t after = 0);
  // From now on nothing is written or synced any more: the machine is dead.
  void Freeze();

  uint64_t syncs() const;

 private:
  class FileSystem;
  std::shared_ptr<FileSystem> file_system_;
  std::unique_ptr<rocksdb::Env> env_;
};

// What is left of the unsynced bytes of a file.
enum class Tear {
  kNothing,  // all gone
  kPart,     // some of them, as after a write that was cut off
  kZeros,    // some of them, then zeros: the length got to the disk before the data
  kHoles,    // some sectors got to the disk, others, before or behind them, read as zeros
};
inline constexpr int kTears = 4;

// Plays the power cut on files that are no longer open, by the journal. Returns how many bytes were
// dropped. `seed` chooses how much is kept. The journal is empty then: all that is left is durable.
absl::StatusOr<uint64_t> DropUnsynced(const std::string& journal, Tear tear, uint64_t seed);

}  // namespace pavane::testing

#endif  // PAVANE_TESTS_SUPPORT_FAULT_ENV_H_
