#include "delivery/target_queue.h"

#include <algorithm>
#include <utility>

namespace pavane::delivery {

TargetQueue::TargetQueue(const store::Log& log, store::TargetState state, size_t window_max,
                         bool is_new)
    : log_(log),
      target_(state.target),
      bus_(state.bus),
      window_max_(std::max<size_t>(window_max, 2)),
      counters_(state.counters),
      watermark_(state.watermark),
      done_(state.done),
      loaded_through_(state.watermark),
      last_dispatched_(state.done.empty() ? state.watermark : state.done.back().second),
      more_on_disk_(!is_new),
      pending_(static_cast<int64_t>(state.pending)),
      more_exceptions_on_disk_(!is_new),
      exceptions_(static_cast<int64_t>(state.exceptions)) {}

void TargetQueue::OnDispatched(Sequence sequence, int64_t accepted_us) {
  ++pending_;
  ++counters_.created;
  last_dispatched_ = std::max(last_dispatched_, sequence);
  // The log is read ahead of the fold at times: then the entry is here already.
  if (sequence <= loaded_through_) return;
  if (more_on_disk_ || fresh_.size() >= window_max_) {
    more_on_disk_ = true;
    return;
  }
  fresh_.push_back(Fresh{sequence, accepted_us, false});
  loaded_through_ = sequence;
}

void TargetQueue::OnExceptionErased(const store::ExceptionRecord& exception) {
  --exceptions_;
  waiting_.erase(KeyOf(exception));
  auto taken = taken_exceptions_.find(exception.ref.event);
  if (taken != taken_exceptions_.end() && taken->second == KeyOf(exception)) {
    taken_exceptions_.erase(taken);
  }
  if (exceptions_ == 0) exceptions_low_ = Sequence(0);
}

void TargetQueue::OnExceptionPut(const store::ExceptionRecord& exception) {
  const bool first = exceptions_ == 0;
  ++exceptions_;
  if (exception.ref.event.bus == bus_ && (first || exceptions_low_)) {
    exceptions_low_ = first ? exception.ref.event.sequence
                            : std::min(exceptions_low_, exception.ref.event.sequence);
  }
  const Key key = KeyOf(exception);
  if (more_exceptions_on_disk_ && key > exceptions_loaded_through_) return;
  auto taken = taken_exceptions_.find(exception.ref.event);
  if (taken != taken_exceptions_.end() && taken->second == key) return;
  waiting_.emplace(key, exception);
  TrimExceptions();
}

void TargetQueue::TrimExceptions() {
  while (waiting_.size() > window_max_) {
    waiting_.erase(std::prev(waiting_.end()));
    exceptions_loaded_through_ = std::prev(waiting_.end())->first;
    more_exceptions_on_disk_ = true;
  }
}

void TargetQueue::OnSettled(const store::SettlementRecord& settlement) {
  Count(settlement);
  if (settlement.was_exception) return;  // its record is erased, see OnExceptionErased
  const Sequence sequence = settlement.ref.event.sequence;
  --pending_;
  outstanding_.erase(sequence);
  if (sequence > watermark_) done_.Insert(sequence);
}

void TargetQueue::Count(const store::SettlementRecord& settlement) {
  if (settlement.attempt_counted) {
    ++counters_.attempts;
    if (!settlement.first_attempt) ++counters_.retries;
  }
  switch (settlement.outcome) {
    case store::Outcome::kAcked:
      ++counters_.successes;
      break;
    case store::Outcome::kFailed:
      ++counters_.failed_by_reason[static_cast<size_t>(settlement.reason)];
      ++(settlement.to_dead_letters ? counters_.sent_to_dead_letters : counters_.lost);
      break;
    case store::Outcome::kDiscarded:
      ++counters_.discarded;
      break;
    case store::Outcome::kRetry:
    case store::Outcome::kReleased:
      break;
  }
}

std::optional<TargetQueue::Entry> TargetQueue::Take(int64_t now_us) {
  RefillExceptions();
  if (!waiting_.empty() && waiting_.begin()->first.due_us <= now_us) {
    auto node = waiting_.extract(waiting_.begin());
    taken_exceptions_[node.key().event] = node.key();
    return Entry{node.key().event, 0, true, std::move(node.mapped())};
  }
  Refill();
  if (fresh_.empty()) return std::nullopt;
  const Fresh fresh = fresh_.front();
  fresh_.pop_front();
  outstanding_.insert(fresh.sequence);
  return Entry{{bus_, fresh.sequence}, fresh.accepted_us, fresh.redelivered, std::nullopt};
}

std::optional<TargetQueue::Entry> TargetQueue::TakeOlderThan(int64_t limit_us, int64_t now_us) {
  RefillExceptions();
  for (auto it = waiting_.begin(); it != waiting_.end() && it->first.due_us <= now_us; ++it) {
    if (it->second.age_from_us > limit_us) continue;
    Entry entry{it->first.event, 0, true, std::move(it->second)};
    taken_exceptions_[it->first.event] = it->first;
    waiting_.erase(it);
    return entry;
  }
  Refill();
  if (fresh_.empty() || AcceptedUs(fresh_.front()) > limit_us) return std::nullopt;
  const Fresh fresh = fresh_.front();
  fresh_.pop_front();
  outstanding_.insert(fresh.sequence);
  return Entry{{bus_, fresh.sequence}, fresh.accepted_us, fresh.redelivered, std::nullopt};
}

void TargetQueue::PutBack(Entry entry) {
  if (entry.exception) {
    const Key key = KeyOf(*entry.exception);
    taken_exceptions_.erase(entry.event);
    waiting_.emplace(key, *std::move(entry.exception));
    return;
  }
  outstanding_.erase(entry.event.sequence);
  const auto place = std::lower_bound(
      fresh_.begin(), fresh_.end(), entry.event.sequence,
      [](const Fresh& fresh, Sequence sequence) { return fresh.sequence < sequence; });
  fresh_.insert(place, Fresh{entry.event.sequence, entry.accepted_us, true});
}

bool TargetQueue::HasWork(int64_t now_us) {
  return !fresh_.empty() || (more_on_disk_ && pending_ > 0) || NextDueUs() <= now_us;
}

int64_t TargetQueue::NextDueUs() {
  RefillExceptions();
  return waiting_.empty() ? kNever : waiting_.begin()->first.due_us;
}

absl::Status TargetQueue::TakeError() { return std::exchange(error_, absl::OkStatus()); }

void TargetQueue::Refill() {
  if (!more_on_disk_ || !fresh_.empty()) return;
  // The read may see commits that the fold has not: OnDispatched skips what is loaded by then.
  while (more_on_disk_ && fresh_.empty()) {
    auto entries = log_.ReadTargetEntries(target_, loaded_through_, window_max_);
    if (!entries.ok()) {
      error_ = entries.status();
      return;
    }
    for (Sequence sequence : *entries) {
      loaded_through_ = sequence;
      if (!done_.Contains(sequence)) fresh_.push_back(Fresh{sequence, 0, false});
    }
    last_dispatched_ = std::max(last_dispatched_, loaded_through_);
    more_on_disk_ = entries->size() >= window_max_;
  }
}

void TargetQueue::RefillExceptions() {
  if (!more_exceptions_on_disk_ || !waiting_.empty()) return;
  const bool from_start = exceptions_loaded_through_ == Key{};
  auto records = log_.ReadExceptions(
      target_, from_start ? std::nullopt : std::optional<Key>(exceptions_loaded_through_),
      window_max_);
  if (!records.ok()) {
    error_ = records.status();
    return;
  }
  for (store::ExceptionRecord& record : *records) {
    const Key key = KeyOf(record);
    exceptions_loaded_through_ = key;
    auto taken = taken_exceptions_.find(record.ref.event);
    if (taken != taken_exceptions_.end() && taken->second == key) continue;
    waiting_.emplace(key, std::move(record));
  }
  more_exceptions_on_disk_ = records->size() >= window_max_;
}

int64_t TargetQueue::AcceptedUs(Fresh& fresh) {
  if (fresh.accepted_us == 0) {
    auto event = log_.ReadEvent({bus_, fresh.sequence});
    if (event.ok()) fresh.accepted_us = (*event)->accepted_us;
  }
  return fresh.accepted_us;
}

uint64_t TargetQueue::queued() const {
  const int64_t all = pending_ + exceptions_ - static_cast<int64_t>(taken());
  return all > 0 ? static_cast<uint64_t>(all) : 0;
}

int64_t TargetQueue::OldestUs() {
  int64_t oldest = kNever;
  if (pending_ > static_cast<int64_t>(outstanding_.size())) Refill();
  if (!fresh_.empty()) oldest = AcceptedUs(fresh_.front());
  for (const auto& [key, exception] : waiting_) oldest = std::min(oldest, exception.age_from_us);
  return oldest;
}

std::optional<Sequence> TargetQueue::LowWater() const {
  std::optional<Sequence> low;
  auto lower = [&low](Sequence sequence) { low = low ? std::min(*low, sequence) : sequence; };
  if (!outstanding_.empty()) lower(*outstanding_.begin());
  if (!fresh_.empty()) lower(fresh_.front().sequence);
  if (more_on_disk_ && pending_ > 0) lower(loaded_through_.Next());
  // An unknown low of the exceptions (since the start) keeps everything: rather too much.
  if (exceptions_ > 0) lower(exceptions_low_);
  return low;
}

void TargetQueue::AdvanceWatermark() {
  Sequence low = last_dispatched_.Next();
  if (more_on_disk_) low = std::min(low, loaded_through_.Next());
  if (!fresh_.empty()) low = std::min(low, fresh_.front().sequence);
  if (!outstanding_.empty()) low = std::min(low, *outstanding_.begin());
  if (low.value() == 0) return;
  watermark_ = std::max(watermark_, low - 1);
  done_.EraseThrough(watermark_);
}

store::TargetState TargetQueue::Checkpoint() {
  AdvanceWatermark();
  store::TargetState state;
  state.target = target_;
  state.bus = bus_;
  state.watermark = watermark_;
  state.done = done_.Ranges();
  state.pending = static_cast<uint64_t>(std::max<int64_t>(pending_, 0));
  state.exceptions = static_cast<uint64_t>(std::max<int64_t>(exceptions_, 0));
  state.counters = counters_;
  return state;
}

}  // namespace pavane::delivery
