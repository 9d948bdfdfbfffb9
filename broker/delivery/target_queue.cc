#include "delivery/target_queue.h"

#include <algorithm>
#include <utility>

#include "delivery/target_counters.h"

namespace pavane::delivery {
namespace {

// Fresh entries of a target in memory, of however wide a window: with 10,000 targets behind, even
// these take 60 MB. Reading the next ones costs some 10 us.
constexpr size_t kFreshMax = 256;

}  // namespace

TargetQueue::TargetQueue(const store::Log& log, store::TargetState state, size_t window_max,
                         bool is_new)
    : log_(log),
      target_(state.target),
      bus_(state.bus),
      window_max_(std::max<size_t>(window_max, 2)),
      fresh_max_(std::min(window_max_, kFreshMax)),
      counters_(state.counters),
      watermark_(state.watermark),
      done_(state.done),
      loaded_through_(state.watermark),
      last_dispatched_(state.done.empty() ? state.watermark : state.done.back().second),
      more_on_disk_(!is_new),
      pending_(static_cast<int64_t>(state.pending)),
      more_exceptions_on_disk_(!is_new),
      exceptions_(static_cast<int64_t>(state.exceptions)) {
  for (const auto& blocked : state.blocked) order_.Block(blocked.key_hash, blocked.sequence);
}

// ---- the fold

void TargetQueue::OnDispatched(Sequence sequence, int64_t accepted_us, uint64_t key_hash) {
  ++pending_;
  ++counters_.created;
  last_dispatched_ = std::max(last_dispatched_, sequence);
  // The log is read ahead of the fold at times: then the entry is here already.
  if (sequence <= loaded_through_) return;
  if (more_on_disk_ || fresh_.size() >= fresh_max_) {
    more_on_disk_ = true;
    return;
  }
  fresh_.push_back(Fresh{sequence, accepted_us, key_hash, false});
  loaded_through_ = sequence;
}

void TargetQueue::OnExceptionErased(const store::ExceptionRecord& exception) {
  const Key key = KeyOf(exception);
  uint64_t key_hash = 0;
  for (Exceptions* exceptions : {&waiting_, &parked_exceptions_}) {
    auto found = exceptions->find(key);
    if (found == exceptions->end()) continue;
    key_hash = Counts(found->second.key_hash);
    if (key_hash != 0) order_.Forget(key_hash, PlaceOf(key));
    exceptions->erase(found);
  }
  auto taken = taken_exceptions_.find(exception.ref.event);
  if (taken != taken_exceptions_.end() && taken->second.key == key) {
    key_hash = Counts(taken->second.key_hash);
    if (key_hash != 0) order_.EndTake(key_hash);
    taken_exceptions_.erase(taken);
  }
  if (--exceptions_ == 0) exceptions_low_ = Sequence(0);
  Arrange(key_hash);
}

void TargetQueue::OnExceptionPut(const store::ExceptionRecord& exception) {
  const bool first = exceptions_ == 0;
  ++exceptions_;
  if (exception.kind == store::ExceptionRecord::Kind::kFilled) ++counters_.created;
  if (exception.ref.event.bus == bus_ && (first || exceptions_low_)) {
    exceptions_low_ = first ? exception.ref.event.sequence
                            : std::min(exceptions_low_, exception.ref.event.sequence);
  }
  const Key key = KeyOf(exception);
  if (more_exceptions_on_disk_ && key > exceptions_loaded_through_) return;
  AddException(exception);
  TrimExceptions();
}

void TargetQueue::AddException(store::ExceptionRecord exception) {
  const Key key = KeyOf(exception);
  auto taken = taken_exceptions_.find(exception.ref.event);
  if (taken != taken_exceptions_.end() && taken->second.key == key) return;
  const uint64_t key_hash = Counts(exception.key_hash);
  if (key_hash == 0) {
    waiting_.emplace(key, std::move(exception));
    return;
  }
  if (waiting_.contains(key) || !parked_exceptions_.emplace(key, std::move(exception)).second) {
    return;
  }
  order_.Park(key_hash, PlaceOf(key));
  Arrange(key_hash);
}

void TargetQueue::TrimExceptions() {
  while (waiting_.size() + parked_exceptions_.size() > window_max_) {
    const bool parked_last =
        waiting_.empty() || (!parked_exceptions_.empty() &&
                             parked_exceptions_.rbegin()->first > waiting_.rbegin()->first);
    Exceptions& exceptions = parked_last ? parked_exceptions_ : waiting_;
    const auto last = std::prev(exceptions.end());
    const uint64_t key_hash = Counts(last->second.key_hash);
    if (key_hash != 0) order_.Forget(key_hash, PlaceOf(last->first));
    exceptions.erase(last);
    exceptions_loaded_through_ = Key{};
    for (const Exceptions* left : {&waiting_, &parked_exceptions_}) {
      if (left->empty()) continue;
      exceptions_loaded_through_ = std::max(exceptions_loaded_through_, left->rbegin()->first);
    }
    more_exceptions_on_disk_ = true;
  }
}

void TargetQueue::OnSettled(const store::SettlementRecord& settlement) {
  CountSettlement(settlement, counters_);
  if (settlement.was_exception) return;  // its record is erased, see OnExceptionErased
  const Sequence sequence = settlement.ref.event.sequence;
  --pending_;
  if (done_.size() >= done_max_) ForgetDone();
  if (sequence > watermark_) done_.Insert(sequence);
  auto taken = outstanding_.find(sequence);
  if (taken == outstanding_.end()) return;
  const uint64_t key_hash = taken->second;
  outstanding_.erase(taken);
  EndTake(key_hash);
}

// ---- handing out

std::optional<TargetQueue::Entry> TargetQueue::Take(int64_t now_us) {
  RefillExceptions();
  if (!waiting_.empty() && waiting_.begin()->first.due_us <= now_us) {
    return TakeException(waiting_, waiting_.begin());
  }
  return TakeFresh();
}

TargetQueue::Entry TargetQueue::TakeException(Exceptions& from, Exceptions::iterator place) {
  auto node = from.extract(place);
  const Key key = node.key();
  const uint64_t key_hash = node.mapped().key_hash;
  taken_exceptions_[key.event] = {key, key_hash};
  if (Counts(key_hash) != 0) order_.Take(key_hash, PlaceOf(key));
  const bool redelivered = node.mapped().kind != store::ExceptionRecord::Kind::kFilled;
  return Entry{key.event, 0, redelivered, key_hash, std::move(node.mapped())};
}

std::optional<TargetQueue::Entry> TargetQueue::TakeFresh() {
  while (true) {
    Refill();
    if (fresh_.empty()) return std::nullopt;
    const Fresh fresh = fresh_.front();
    const uint64_t key_hash = Counts(fresh.key_hash);
    if (key_hash == 0) return TakeFront();
    const bool may = MayTakeKeyed();
    if (may &&
        (order_.IsOffered(key_hash, PlaceOf(fresh)) || order_.IsFree(key_hash, fresh.sequence))) {
      return TakeFront();
    }
    if (!may || parked() >= window_max_) {
      stalled_ = true;
      return std::nullopt;
    }
    fresh_.pop_front();
    Park(fresh);
  }
}

TargetQueue::Entry TargetQueue::TakeFront() {
  const Fresh fresh = fresh_.front();
  fresh_.pop_front();
  outstanding_.emplace(fresh.sequence, fresh.key_hash);
  if (Counts(fresh.key_hash) != 0) order_.Take(fresh.key_hash, PlaceOf(fresh));
  return Entry{{bus_, fresh.sequence}, fresh.accepted_us, fresh.redelivered, fresh.key_hash, {}};
}

TargetQueue::Entry TargetQueue::TakeParkedFront() {
  const Fresh fresh = parked_fresh_.begin()->second;
  parked_fresh_.erase(parked_fresh_.begin());
  outstanding_.emplace(fresh.sequence, fresh.key_hash);
  order_.Take(fresh.key_hash, PlaceOf(fresh));
  return Entry{{bus_, fresh.sequence}, fresh.accepted_us, fresh.redelivered, fresh.key_hash, {}};
}

// Given up without an attempt, so it need not be its key's turn; but while it is on its way into
// the log nothing else of the key goes out.
std::optional<TargetQueue::Entry> TargetQueue::TakeOlderThan(int64_t limit_us, int64_t now_us) {
  if (TooManyBlocks()) {
    stalled_ = true;
    return std::nullopt;
  }
  RefillExceptions();
  std::optional<Entry> entry = TakeOldException(waiting_, limit_us, now_us);
  if (!entry) entry = TakeOldException(parked_exceptions_, limit_us, now_us);
  if (!entry) {
    Refill();
    if (!parked_fresh_.empty() && AcceptedUs(parked_fresh_.begin()->second) <= limit_us) {
      entry = TakeParkedFront();
    } else if (!fresh_.empty() && AcceptedUs(fresh_.front()) <= limit_us) {
      entry = TakeFront();
    }
  }
  if (entry) Arrange(Counts(entry->key_hash));
  return entry;
}

std::optional<TargetQueue::Entry> TargetQueue::TakeOldException(Exceptions& from, int64_t limit_us,
                                                                int64_t now_us) {
  for (auto it = from.begin(); it != from.end() && it->first.due_us <= now_us; ++it) {
    if (it->second.age_from_us <= limit_us) return TakeException(from, it);
  }
  return std::nullopt;
}

void TargetQueue::PutBack(Entry entry) {
  if (entry.exception) {
    taken_exceptions_.erase(entry.event);
    EndTake(entry.key_hash);
    // It may have been seen; only a start forgets that, as of a fresh entry.
    using Kind = store::ExceptionRecord::Kind;
    if (entry.exception->kind == Kind::kFilled) entry.exception->kind = Kind::kReleased;
    AddException(*std::move(entry.exception));
    return;
  }
  outstanding_.erase(entry.event.sequence);
  EndTake(entry.key_hash);
  const Fresh fresh{entry.event.sequence, entry.accepted_us, entry.key_hash, true};
  if (Counts(fresh.key_hash) != 0) {
    Park(fresh);
  } else {
    AddFresh(fresh);
  }
}

void TargetQueue::AddFresh(const Fresh& fresh) {
  const auto place = std::lower_bound(
      fresh_.begin(), fresh_.end(), fresh.sequence,
      [](const Fresh& other, Sequence sequence) { return other.sequence < sequence; });
  fresh_.insert(place, fresh);
}

bool TargetQueue::HasWork(int64_t now_us) {
  if (NextDueUs() <= now_us) return true;
  return !stalled_ && (!fresh_.empty() || (more_on_disk_ && pending_ > 0));
}

size_t TargetQueue::ReadyCount(int64_t now_us) const {
  size_t ready = 0;
  if (!stalled_) {
    ready = fresh_.size();
    const auto held = static_cast<int64_t>(outstanding_.size() + parked_fresh_.size());
    if (more_on_disk_ && pending_ > held) {
      ready = std::max(ready, static_cast<size_t>(pending_ - held));
    }
  }
  for (auto it = waiting_.begin(); it != waiting_.end() && it->first.due_us <= now_us; ++it) {
    ++ready;
  }
  return ready;
}

int64_t TargetQueue::NextDueUs() {
  RefillExceptions();
  return waiting_.empty() ? kNever : waiting_.begin()->first.due_us;
}

int64_t TargetQueue::NextDueAfterUs(int64_t now_us) const {
  const auto next = waiting_.lower_bound(Key{now_us + 1, {}});
  return next == waiting_.end() ? kNever : next->first.due_us;
}

absl::Status TargetQueue::TakeError() { return std::exchange(error_, absl::OkStatus()); }

void TargetQueue::Refill() {
  if (!more_on_disk_ || !fresh_.empty()) return;
  // The read may see commits that the fold has not: OnDispatched skips what is loaded by then.
  while (more_on_disk_ && fresh_.empty()) {
    auto entries = log_.ReadTargetEntries(target_, loaded_through_, fresh_max_);
    if (!entries.ok()) {
      error_ = entries.status();
      return;
    }
    for (const store::TargetEntry& entry : *entries) {
      loaded_through_ = entry.sequence;
      if (done_.Contains(entry.sequence)) continue;
      fresh_.push_back(Fresh{entry.sequence, 0, entry.key_hash, false});
    }
    last_dispatched_ = std::max(last_dispatched_, loaded_through_);
    more_on_disk_ = entries->size() >= fresh_max_;
  }
}

void TargetQueue::RefillExceptions() {
  if (!more_exceptions_on_disk_) return;
  const size_t in_memory = waiting_.size() + parked_exceptions_.size();
  if (in_memory >= window_max_) return;
  // Ordered targets want to know them all.
  if (!waiting_.empty() && !(ordered_ && in_memory < window_max_ / 2)) return;
  const size_t wanted = window_max_ - in_memory;
  const bool from_start = exceptions_loaded_through_ == Key{};
  auto records = log_.ReadExceptions(
      target_, from_start ? std::nullopt : std::optional<Key>(exceptions_loaded_through_), wanted);
  if (!records.ok()) {
    error_ = records.status();
    return;
  }
  more_exceptions_on_disk_ = records->size() >= wanted;
  stalled_ = false;
  for (store::ExceptionRecord& record : *records) {
    exceptions_loaded_through_ = KeyOf(record);
    AddException(std::move(record));
  }
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
  if (!parked_fresh_.empty()) {
    oldest = std::min(oldest, AcceptedUs(parked_fresh_.begin()->second));
  }
  for (const Exceptions* exceptions : {&waiting_, &parked_exceptions_}) {
    for (const auto& [key, exception] : *exceptions) {
      oldest = std::min(oldest, exception.age_from_us);
    }
  }
  return oldest;
}

std::optional<Sequence> TargetQueue::LowWater() {
  if (pending_ > 0) Refill();  // after a start nothing is in memory yet
  std::optional<Sequence> low;
  auto lower = [&low](Sequence sequence) { low = low ? std::min(*low, sequence) : sequence; };
  if (!outstanding_.empty()) lower(outstanding_.begin()->first);
  if (!parked_fresh_.empty()) lower(parked_fresh_.begin()->first);
  if (!fresh_.empty()) lower(fresh_.front().sequence);
  if (more_on_disk_ && pending_ > 0) lower(loaded_through_.Next());
  if (exceptions_ > 0) lower(ExceptionsLow());
  return low;
}

// A target that is filled has exceptions all the time, so the low since there were none would never
// rise. While some are on disk only, that is what there is; unknown, after a start, it keeps
// everything: rather too much.
Sequence TargetQueue::ExceptionsLow() {
  const size_t known = waiting_.size() + parked_exceptions_.size() + taken_exceptions_.size();
  if (more_exceptions_on_disk_ || static_cast<int64_t>(known) != exceptions_) {
    return exceptions_low_;
  }
  Sequence low(UINT64_MAX);
  const auto lower = [&](const event::EventRef& event) {
    if (event.bus == bus_) low = std::min(low, event.sequence);
  };
  for (const auto& [key, exception] : waiting_) lower(key.event);
  for (const auto& [key, exception] : parked_exceptions_) lower(key.event);
  for (const auto& [event, taken] : taken_exceptions_) lower(event);
  exceptions_low_ = low;
  return low;
}

void TargetQueue::AdvanceWatermark() {
  Sequence low = last_dispatched_.Next();
  if (more_on_disk_) low = std::min(low, loaded_through_.Next());
  if (!fresh_.empty()) low = std::min(low, fresh_.front().sequence);
  if (!outstanding_.empty()) low = std::min(low, outstanding_.begin()->first);
  if (!parked_fresh_.empty()) low = std::min(low, parked_fresh_.begin()->first);
  if (low.value() == 0) return;
  watermark_ = std::max(watermark_, low - 1);
  done_.EraseThrough(watermark_);
}

// What is done lies in the way of what is inserted next. Where an old delivery holds the watermark
// back, it is tried ever more rarely.
void TargetQueue::ForgetDone() {
  AdvanceWatermark();
  done_max_ = std::max(kDoneMin, 2 * done_.size());
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
  state.blocked = order_.Blocked();
  return state;
}

}  // namespace pavane::delivery
