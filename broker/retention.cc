#include "retention.h"

#include <algorithm>
#include <future>
#include <memory>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"

#include "base/log.h"
#include "base/status_macros.h"
#include "event/duration.h"
#include "store/transaction.h"

namespace pavane {
namespace {

absl::Duration RetentionOf(const pavane::admin::v1::Bus& bus,
                           const config::RetentionConfig& defaults) {
  if (!bus.has_retention()) return defaults.default_age;
  return event::ToDuration(bus.retention());
}

// Rises when deliveries of old events are made.
uint64_t Revived(const Retention::Parts& parts) {
  return parts.dead_letters.redrives() + parts.filler.fills();
}

}  // namespace

// Drops blocks of a bus. Done on the writer thread, which alone may write.
class Retention::DropTransaction : public store::Transaction {
 public:
  DropTransaction(const Parts& parts, BusId bus, Sequence before, uint64_t revived,
                  std::promise<absl::StatusOr<uint64_t>> done)
      : parts_(parts), bus_(bus), before_(before), revived_(revived), done_(std::move(done)) {}

  absl::Status Prepare(store::CommitBuilder&) override {
    // A redriven or filled delivery needs its event, which the low-water mark did not know of.
    if (Revived(parts_) != revived_) return absl::OkStatus();
    ASSIGN_OR_RETURN(dropped_, parts_.log.DropEvents(bus_, before_));
    return absl::OkStatus();
  }
  void Complete(const absl::Status& status) override {
    if (status.ok()) {
      done_.set_value(dropped_);
    } else {
      done_.set_value(status);
    }
  }
  bool reserved() const override { return true; }

 private:
  const Parts& parts_;
  const BusId bus_;
  const Sequence before_;
  const uint64_t revived_;
  uint64_t dropped_ = 0;
  std::promise<absl::StatusOr<uint64_t>> done_;
};

uint64_t Retention::DropPiece(BusId bus, Sequence before, uint64_t revived) {
  const auto [first, last] = parts_.log.EventRange(bus);
  if (!first || before <= first) return 0;
  std::promise<absl::StatusOr<uint64_t>> done;
  std::future<absl::StatusOr<uint64_t>> answer = done.get_future();
  std::unique_ptr<store::Transaction> transaction =
      std::make_unique<DropTransaction>(parts_, bus, before, revived, std::move(done));
  if (!parts_.writer.Submit(transaction)) return 0;  // the next round tries again
  const absl::StatusOr<uint64_t> dropped = answer.get();
  if (dropped.ok()) return *dropped;
  LOG_WARNING("events past retention not dropped", {{"bus", bus}, {"error", dropped.status()}});
  return 0;
}

uint64_t Retention::DropEvents(BusId bus, Sequence before, uint64_t revived) {
  uint64_t dropped = 0;
  while (!parts_.stopping()) {
    const uint64_t more = DropPiece(bus, before, revived);
    if (more == 0) break;
    dropped += more;
  }
  return dropped;
}

void Retention::DropOldEvents() {
  const auto catalog = parts_.rules.snapshot()->catalog_ptr();
  for (const store::BusEntryPtr& bus : catalog->Buses()) {
    const absl::Time cutoff = parts_.clock.Now() - RetentionOf(bus->bus, parts_.config);
    const auto kept = parts_.log.FindByTime(bus->id, absl::ToUnixMicros(cutoff));
    if (!kept.ok()) {
      LOG_WARNING("retention cannot read the bus",
                  {{"bus", bus->bus.name()}, {"error", kept.status()}});
      continue;
    }
    if (*kept <= parts_.log.EventRange(bus->id).first) continue;
    const uint64_t revived = Revived(parts_);
    const Sequence before = std::min(*kept, parts_.dispatcher.low_water(bus->id).sequence);
    const uint64_t dropped = DropEvents(bus->id, before, revived);
    if (dropped == 0) continue;
    LOG_INFO("events past retention dropped", {{"bus", bus->bus.name()}, {"events", dropped}});
  }
}

void Retention::DropDeletedBuses() {
  // The log's buses first: a new one is in the catalog before it has events.
  const std::vector<BusId> kept = parts_.log.BusesWithEvents();
  const auto catalog = parts_.rules.snapshot()->catalog_ptr();
  for (const BusId bus : kept) {
    if (catalog->FindBus(bus) != nullptr) continue;
    const Sequence last = parts_.log.EventRange(bus).second;
    const uint64_t dropped = DropEvents(bus, last.Next(), Revived(parts_));
    if (dropped > 0) LOG_INFO("events of a deleted bus dropped", {{"events", dropped}});
  }
}

void Retention::HoldByteLimits() {
  ingress::Gate::PinnedBuses pinned;
  absl::flat_hash_set<BusId> now;
  const auto catalog = parts_.rules.snapshot()->catalog_ptr();
  for (const store::BusEntryPtr& bus : catalog->Buses()) {
    if (bus->bus.retention_bytes_max() == 0) continue;
    std::string why = HoldByteLimit(*bus);
    if (why.empty()) continue;
    if (!pinned_.contains(bus->id)) LOG_WARNING("publishing is refused: {}", why);
    now.insert(bus->id);
    pinned[bus->id] = std::move(why);
  }
  for (const BusId bus : pinned_) {
    if (!now.contains(bus)) LOG_INFO("the bus is not pinned any more", {{"bus", bus}});
  }
  pinned_ = std::move(now);
  parts_.gate.SetPinned(std::move(pinned));
}

std::string Retention::HoldByteLimit(const store::BusEntry& bus) {
  const uint64_t bytes_max = bus.bus.retention_bytes_max();
  const absl::StatusOr<uint64_t> kept = parts_.log.KeptBytes(bus.id);
  const absl::StatusOr<Sequence> before = kept.ok() && *kept > bytes_max
                                              ? parts_.log.FindByBytes(bus.id, *kept - bytes_max)
                                              : absl::StatusOr<Sequence>(Sequence());
  if (!kept.ok() || !before.ok()) {
    LOG_WARNING("the byte limit cannot be held",
                {{"bus", bus.bus.name()}, {"error", kept.ok() ? before.status() : kept.status()}});
    return "";
  }
  if (!*before) return "";
  const uint64_t revived = Revived(parts_);
  const delivery::LowWater low = parts_.dispatcher.low_water(bus.id);
  const uint64_t dropped = DropEvents(bus.id, std::min(*before, low.sequence), revived);
  if (dropped > 0) {
    LOG_DEBUG("events beyond retention_bytes_max dropped",
              {{"bus", bus.bus.name()}, {"events", dropped}});
  }
  const bool needed = low.target && low.sequence < *before;
  const absl::StatusOr<uint64_t> left = parts_.log.KeptBytes(bus.id);
  return needed && left.ok() && *left > bytes_max ? PinnedBy(bus, low.target) : "";
}

std::string Retention::PinnedBy(const store::BusEntry& bus, TargetId target) const {
  const store::TargetPlace place = parts_.rules.snapshot()->catalog().FindTarget(target);
  if (place.rule == nullptr) return "";  // deleted meanwhile
  return absl::StrCat("bus '", bus.bus.name(), "' holds more than its retention_bytes_max of ",
                      bus.bus.retention_bytes_max(),
                      " bytes, and an unsettled delivery of target '", place.rule->rule.name(), "/",
                      place.rule->rule.targets(place.index).id(),
                      "' needs the oldest events; publish again when it is settled");
}

void Retention::ExpireDeadLetters() {
  const absl::Time cutoff = parts_.clock.Now() - parts_.config.dead_letters;
  bool more = true;
  while (more && !parts_.stopping()) {
    std::promise<absl::StatusOr<admin::DeadLetterAdmin::Expired>> done;
    parts_.dead_letters.Expire(absl::ToUnixMicros(cutoff), parts_.config.dead_letters_max,
                               [&done](absl::StatusOr<admin::DeadLetterAdmin::Expired> expired) {
                                 done.set_value(std::move(expired));
                               });
    const auto expired = done.get_future().get();
    if (!expired.ok()) {
      LOG_WARNING("dead letters not expired", {{"error", expired.status()}});
      return;
    }
    for (const auto& [place, count] : expired->count) {
      parts_.metrics.expired_dead_letters.With({place.bus}).Add(count);
      LOG_WARNING(
          "dead letters expired",
          {{"bus", place.bus}, {"rule", place.rule}, {"target", place.target}, {"count", count}});
    }
    more = expired->more;
  }
}

}  // namespace pavane
