#ifndef PAVANE_STORE_DISK_FLOOR_H_
#define PAVANE_STORE_DISK_FLOOR_H_

#include <atomic>
#include <cstdint>
#include <functional>

#include "base/clock.h"

namespace pavane::store {

/// Says whether the disk is nearly full. Below the soft floor publishes are refused, below the hard
/// one settlements with emits too, so that what remains lets deliveries end. Who accepts work asks
/// (ingress); the writer does not refuse by itself.
///
/// Asks the file system at most once a second, on the thread that happens to ask. Any thread.
class DiskFloor {
 public:
  struct Options {
    uint64_t soft_bytes = 0;  // 0: no floor
    uint64_t hard_bytes = 0;
    std::function<uint64_t()> free_bytes;  // empty: no floors
  };

  /// `clock` must outlive it.
  DiskFloor(Clock& clock, Options options);

  bool below_soft() { return options_.soft_bytes > FreeBytes(); }
  bool below_hard() { return options_.hard_bytes > FreeBytes(); }

 private:
  uint64_t FreeBytes();

  Clock& clock_;
  const Options options_;
  std::atomic<int64_t> asked_ns_;  // on the monotonic clock
  std::atomic<uint64_t> free_bytes_;
};

}  // namespace pavane::store

#endif  // PAVANE_STORE_DISK_FLOOR_H_
