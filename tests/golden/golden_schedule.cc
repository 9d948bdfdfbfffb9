#include "tests/golden/golden_schedule.h"

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "base/status_macros.h"
#include "store/record_codec.h"

namespace pavane::testing {
namespace {

using store::CommitRecord;
using store::FillRecord;
using store::ScheduledEvent;

constexpr BusId kScheduleBus(1);
constexpr int64_t kAcceptedUs = 1'764'000'000'000'000;

ScheduledEvent MakeScheduled(uint64_t n) {
  event::StoredEvent event;
  event.ref = {kScheduleBus, Sequence()};
  event.id_hash = {n, 1};
  event.dedup_hash = {n, 3};
  event.correlation_hash = {n, 2};
  event.bytes = "later";
  return {n << 20, kAcceptedUs + static_cast<int64_t>(n), kAcceptedUs,
          std::make_shared<const event::StoredEvent>(std::move(event))};
}

FillRecord MakeFill(uint64_t target, int64_t from_us) {
  return {TargetId(target), kScheduleBus, Sequence(2), Sequence(9), from_us};
}

CommitRecord MakeEmptyCommit(const store::Log& log) {
  CommitRecord commit;
  commit.position = log.last_position().Next();
  commit.time_us = kAcceptedUs + static_cast<int64_t>(commit.position.value()) * 1000;
  commit.catalog_version = log.catalog_version();
  return commit;
}

absl::Status Differs(const char* what) { return absl::InternalError(what); }

}  // namespace

absl::Status WriteGoldenSchedule(store::Log& log) {
  CommitRecord commit = MakeEmptyCommit(log);
  commit.scheduled = {MakeScheduled(1), MakeScheduled(2), MakeScheduled(3)};
  commit.fills = {MakeFill(10, 0), MakeFill(11, 7)};
  return log.Append(commit);
}

absl::Status WriteGoldenScheduleTail(store::Log& log) {
  CommitRecord commit = MakeEmptyCommit(log);
  commit.scheduled = {MakeScheduled(4)};
  commit.scheduled_erased = {MakeScheduled(2)};
  FillRecord done = MakeFill(10, 0);
  done.next = done.last.Next();
  FillRecord further = MakeFill(11, 7);
  further.next = Sequence(5);
  commit.fills = {done, further};
  return log.Append(commit);
}

absl::Status CheckGoldenSchedule(const store::Log& log) {
  std::vector<ScheduledEvent> waiting;
  RETURN_IF_ERROR(log.VisitScheduled(std::nullopt, [&](const ScheduledEvent& scheduled) {
    waiting.push_back(scheduled);
    return true;
  }));
  const uint64_t expected[] = {1, 3, 4};
  if (waiting.size() != std::size(expected)) return Differs("number of scheduled events");
  for (size_t i = 0; i < waiting.size(); ++i) {
    if (SerializeScheduled(waiting[i]) != SerializeScheduled(MakeScheduled(expected[i]))) {
      return Differs("scheduled event");
    }
  }
  FillRecord further = MakeFill(11, 7);
  further.next = Sequence(5);
  ASSIGN_OR_RETURN(const std::vector<FillRecord> fills, log.ReadFills());
  return fills == std::vector<FillRecord>{further} ? absl::OkStatus() : Differs("fills");
}

}  // namespace pavane::testing
