#include "ingress/gate.h"

#include <utility>

#include "absl/time/time.h"

#include "base/status_macros.h"
#include "event/reason.h"

namespace pavane::ingress {
namespace {

constexpr absl::Duration kRetryAfterOverload = absl::Milliseconds(200);
constexpr absl::Duration kRetryAfterRestart = absl::Seconds(2);
constexpr absl::Duration kRetryAfterDiskFull = absl::Seconds(30);
constexpr absl::Duration kRetryAfterPinned = absl::Seconds(1);

absl::Status ShuttingDown() {
  return event::Refused(absl::StatusCode::kUnavailable, pavane::v1::SHUTTING_DOWN,
                        "the broker is stopping; try again when it is back", kRetryAfterRestart);
}

absl::Status DiskFull(absl::string_view what) {
  return event::Refused(absl::StatusCode::kResourceExhausted, pavane::v1::DISK_FULL, what,
                        kRetryAfterDiskFull);
}

}  // namespace

absl::Status StoreFailed() {
  return event::Refused(absl::StatusCode::kUnavailable, pavane::v1::STORE_FAILED,
                        "the store failed; nothing of this call was acknowledged, try again when "
                        "the broker is back",
                        kRetryAfterRestart);
}

absl::Status ToCaller(const absl::Status& status) {
  if (event::ReasonOf(status) != pavane::v1::REASON_UNSPECIFIED) return status;
  switch (status.code()) {
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kInternal:
    case absl::StatusCode::kDataLoss:
      return StoreFailed();
    default:
      return status;
  }
}

absl::Status Overloaded() {
  return event::Refused(absl::StatusCode::kResourceExhausted, pavane::v1::OVERLOADED,
                        "too much is waiting to be written; come later", kRetryAfterOverload);
}

absl::Status Gate::CheckPublish() const {
  RETURN_IF_ERROR(CheckChange());
  if (disk_level() != DiskLevel::kEnough) {
    return DiskFull("the disk is below its floor (store.disk_floor_soft); deliveries go on");
  }
  return absl::OkStatus();
}

void Gate::SetPinned(PinnedBuses pinned) {
  MutexLock lock(mu_);
  pinned_ = std::move(pinned);
  some_pinned_.store(!pinned_.empty(), std::memory_order_release);
}

absl::Status Gate::CheckBus(BusId bus) const {
  if (!some_pinned_.load(std::memory_order_acquire)) return absl::OkStatus();
  MutexLock lock(mu_);
  const auto found = pinned_.find(bus);
  if (found == pinned_.end()) return absl::OkStatus();
  return event::Refused(absl::StatusCode::kResourceExhausted, pavane::v1::RETENTION_PINNED,
                        found->second, kRetryAfterPinned);
}

absl::Status Gate::CheckSettlementWithEmits() const {
  if (store_failed()) return StoreFailed();
  if (disk_level() == DiskLevel::kHardFloor) {
    return DiskFull(
        "the disk is below its hard floor (store.disk_floor_hard); settle again later, or "
        "without emits");
  }
  return absl::OkStatus();
}

absl::Status Gate::CheckChange() const {
  if (store_failed()) return StoreFailed();
  if (draining()) return ShuttingDown();
  return absl::OkStatus();
}

}  // namespace pavane::ingress
