#include "housekeeping.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/status/status.h"

#include "base/log.h"
#include "base/status_macros.h"
#include "store/transaction.h"

namespace pavane {
namespace {

constexpr absl::Duration kTick = absl::Seconds(1);
constexpr int kTicksPerRetention = 10;
constexpr int kTicksPerDeadLetters = 60;

// Drops blocks of a bus that are past retention. Done on the writer thread, which alone may write.
class DropTransaction : public store::Transaction {
 public:
  DropTransaction(store::Log& log, const admin::DeadLetterAdmin& dead_letters, uint64_t redrives,
                  BusId bus, Sequence before)
      : log_(log), dead_letters_(dead_letters), redrives_(redrives), bus_(bus), before_(before) {}

  absl::Status Prepare(store::CommitBuilder&) override {
    // A redriven delivery needs its event again, which the low-water mark did not know of.
    if (dead_letters_.redrives() != redrives_) return absl::OkStatus();
    ASSIGN_OR_RETURN(dropped_, log_.DropEvents(bus_, before_));
    return absl::OkStatus();
  }
  void Complete(const absl::Status& status) override {
    if (!status.ok()) {
      LOG_WARNING("events past retention not dropped", {{"bus", bus_}, {"error", status}});
    } else if (dropped_ > 0) {
      LOG_INFO("events past retention dropped",
               {{"bus", bus_}, {"before", before_}, {"events", dropped_}});
    }
  }
  bool reserved() const override { return true; }

 private:
  store::Log& log_;
  const admin::DeadLetterAdmin& dead_letters_;
  const uint64_t redrives_;
  const BusId bus_;
  const Sequence before_;
  uint64_t dropped_ = 0;
};

absl::Duration RetentionOf(const pavane::admin::v1::Bus& bus,
                           const config::RetentionConfig& defaults) {
  if (!bus.has_retention()) return defaults.default_age;
  return absl::Seconds(bus.retention().seconds()) + absl::Nanoseconds(bus.retention().nanos());
}

}  // namespace

Housekeeping::Housekeeping(Parts parts) : parts_(parts) {}

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

void Housekeeping::Loop() {
  DropDeletedBuses();
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
    if (tick % kTicksPerRetention == 0) DropOldEvents();
    if (tick % kTicksPerDeadLetters == 0) ExpireDeadLetters();
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

void Housekeeping::DropEvents(BusId bus, Sequence before, uint64_t redrives) {
  const auto [first, last] = parts_.log.EventRange(bus);
  if (!first || before <= first) return;
  std::unique_ptr<store::Transaction> transaction =
      std::make_unique<DropTransaction>(parts_.log, parts_.dead_letters, redrives, bus, before);
  if (!parts_.writer.Submit(transaction)) return;  // the next round tries again
}

void Housekeeping::DropOldEvents() {
  const auto catalog = parts_.rules.snapshot()->catalog_ptr();
  for (const store::BusEntryPtr& bus : catalog->Buses()) {
    const absl::Time cutoff = parts_.clock.Now() - RetentionOf(bus->bus, parts_.config.retention);
    const auto kept = parts_.log.FindByTime(bus->id, absl::ToUnixMicros(cutoff));
    if (!kept.ok()) {
      LOG_WARNING("retention cannot read the bus",
                  {{"bus", bus->bus.name()}, {"error", kept.status()}});
      continue;
    }
    if (*kept <= parts_.log.EventRange(bus->id).first) continue;
    const uint64_t redrives = parts_.dead_letters.redrives();
    DropEvents(bus->id, std::min(*kept, parts_.dispatcher.low_water(bus->id)), redrives);
  }
}

void Housekeeping::DropDeletedBuses() {
  const auto checkpoint = parts_.log.ReadCheckpoint();
  if (!checkpoint.ok()) return;
  const auto catalog = parts_.rules.snapshot()->catalog_ptr();
  for (const auto& [bus, last] : checkpoint->last_sequences) {
    if (catalog->FindBus(bus) != nullptr) continue;
    DropEvents(bus, last.Next(), parts_.dead_letters.redrives());
  }
}

void Housekeeping::ExpireDeadLetters() {
  const absl::Time cutoff = parts_.clock.Now() - parts_.config.retention.dead_letters;
  parts_.dead_letters.Expire(
      absl::ToUnixMicros(cutoff), parts_.config.retention.dead_letters_max,
      [](absl::StatusOr<uint64_t> expired) {
        if (!expired.ok()) {
          LOG_WARNING("dead letters not expired", {{"error", expired.status()}});
        } else if (*expired > 0) {
          LOG_WARNING("dead letters expired", {{"count", *expired}});
        }
      });
}

}  // namespace pavane
