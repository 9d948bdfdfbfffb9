#include "housekeeping.h"

#include "base/log.h"

namespace pavane {
namespace {

constexpr absl::Duration kTick = absl::Seconds(1);
constexpr int kTicksPerRetention = 10;
constexpr int kTicksPerDeadLetters = 60;

}  // namespace

Housekeeping::Housekeeping(const Parts& parts)
    : parts_(parts),
      retention_({parts.clock, parts.config.retention, parts.log, parts.writer, parts.dispatcher,
                  parts.rules, parts.gate, parts.dead_letters, parts.filler, parts.metrics,
                  [this] { return stopping(); }}) {}

void Housekeeping::Start() {
  thread_ = Thread("housekeeping", [this] { Loop(); });
}

void Housekeeping::Stop() {
  {
    MutexLock lock(mu_);
    stopping_ = true;
    wake_.NotifyAll();
  }
  thread_.Join();
}

bool Housekeeping::stopping() const {
  MutexLock lock(mu_);
  return stopping_;
}

void Housekeeping::Loop() {
  for (int tick = 1;; ++tick) {
    {
      MutexLock lock(mu_);
      const MonotonicTime next = parts_.clock.MonotonicNow() + kTick;
      while (!stopping_ && !parts_.clock.WaitUntil(wake_, mu_, next)) {
      }
      if (stopping_) return;
    }
    CheckDisk();
    parts_.session_rules.Sweep();
    parts_.rules.RebuildWhereNeeded();
    retention_.HoldByteLimits();
    if (tick % kTicksPerRetention == 0) {
      retention_.DropOldEvents();
      retention_.DropDeletedBuses();
    }
    if (tick % kTicksPerDeadLetters == 0) retention_.ExpireDeadLetters();
  }
}

void Housekeeping::CheckDisk() {
  const ingress::DiskLevel before = parts_.gate.disk_level();
  ingress::DiskLevel now = ingress::DiskLevel::kEnough;
  if (parts_.writer.below_soft_floor()) now = ingress::DiskLevel::kSoftFloor;
  if (parts_.writer.below_hard_floor()) now = ingress::DiskLevel::kHardFloor;
  if (now == before) return;
  parts_.gate.SetDiskLevel(now);
  if (now == ingress::DiskLevel::kEnough) {
    LOG_INFO("the disk has room again: publishes are accepted");
  } else {
    LOG_WARNING("the disk is below a floor: publishes are refused",
                {{"floor", now == ingress::DiskLevel::kHardFloor ? "hard" : "soft"},
                 {"free_bytes", parts_.log.FreeBytes()}});
  }
}

}  // namespace pavane
