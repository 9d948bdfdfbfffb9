#include "store/disk_floor.h"

#include <utility>

#include "absl/time/time.h"

namespace pavane::store {
namespace {

constexpr int64_t kAskEveryNs = 1'000'000'000;

}  // namespace

DiskFloor::DiskFloor(Clock& clock, Options options)
    : clock_(clock),
      options_(std::move(options)),
      asked_ns_(absl::ToInt64Nanoseconds(clock.MonotonicNow().since_origin())),
      free_bytes_(options_.free_bytes ? options_.free_bytes() : UINT64_MAX) {}

uint64_t DiskFloor::FreeBytes() {
  if (options_.free_bytes) {
    const int64_t now_ns = absl::ToInt64Nanoseconds(clock_.MonotonicNow().since_origin());
    int64_t asked_ns = asked_ns_.load(std::memory_order_relaxed);
    // Of many who find it old one asks; the others take the old answer.
    if (now_ns - asked_ns >= kAskEveryNs && asked_ns_.compare_exchange_strong(asked_ns, now_ns)) {
      free_bytes_.store(options_.free_bytes(), std::memory_order_relaxed);
    }
  }
  return free_bytes_.load(std::memory_order_relaxed);
}

}  // namespace pavane::store
