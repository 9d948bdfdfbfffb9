#ifndef PAVANE_DELIVERY_TARGET_QUEUE_H_
#define PAVANE_DELIVERY_TARGET_QUEUE_H_

#include <cstdint>
#include <deque>
#include <limits>
#include <optional>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"

#include "base/ids.h"
#include "delivery/key_order.h"
#include "delivery/sequence_set.h"
#include "store/commit_record.h"
#include "store/log.h"
#include "store/target_state.h"

namespace pavane::delivery {

/// The queue of one target: fresh entries in sequence order, and exceptions (failed, released,
/// redriven, filled in) on a timer. At most `window_max` of each are in memory; the rest is read
/// from the log when there is room, so memory is bounded whatever the backlog.
///
/// An ordered target's deliveries of one key go one after the other (KeyOrder): those that wait for
/// another of their key are parked, at most `window_max` of them. When one more would have to be,
/// or not all exceptions are in memory, or that many dead letters block keys, the queue hands out
/// no fresh entry: it is stalled.
///
/// Its durable state is a fold over the commit records: the On... functions, called in commit
/// order, live and while replaying alike. What is taken (handed out, lease in memory only) is not
/// part of it: a taken entry comes back by PutBack, or leaves by the commit that settles it. Loop
/// thread only.
class TargetQueue {
 public:
  /// One delivery on its way out.
  struct Entry {
    event::EventRef event;
    int64_t accepted_us = 0;  // 0: not known yet, see StoredEvent
    bool redelivered = false;
    uint64_t key_hash = 0;                            // 0: no ordering key
    std::optional<store::ExceptionRecord> exception;  // absent: fresh
  };
  static constexpr int64_t kNever = std::numeric_limits<int64_t>::max();

  /// `log` must outlive the queue. A new target starts with an empty state.
  TargetQueue(const store::Log& log, store::TargetState state, size_t window_max, bool is_new);

  // ---- the fold
  void OnDispatched(Sequence sequence, int64_t accepted_us, uint64_t key_hash);
  void OnExceptionErased(const store::ExceptionRecord& exception);
  void OnExceptionPut(const store::ExceptionRecord& exception);
  void OnSettled(const store::SettlementRecord& settlement);
  /// A dead letter of the target that blocks its key came or went.
  void OnBlocked(const store::DeadLetterRecord& letter);
  void OnUnblocked(const store::DeadLetterRecord& letter);

  // ---- order, from the target's definition
  /// `block`: dead letters that block their keys do.
  void SetOrder(bool by_key, bool block);

  // ---- handing out
  /// The next delivery that may go now: an exception that is due, else the oldest fresh entry. It
  /// is taken until PutBack or OnSettled.
  std::optional<Entry> Take(int64_t now_us);
  /// A fresh entry or due exception whose age began at or before `limit_us`, if one is known.
  std::optional<Entry> TakeOlderThan(int64_t limit_us, int64_t now_us);
  void PutBack(Entry entry);
  bool HasWork(int64_t now_us);
  /// How many deliveries may go now, those on disk included; of exceptions as far as memory knows.
  size_t ReadyCount(int64_t now_us) const;
  /// When the next exception falls due; kNever when none waits.
  int64_t NextDueUs();
  /// The same of those that are not due at `now_us`.
  int64_t NextDueAfterUs(int64_t now_us) const;
  /// A read of the log failed; cleared by the call.
  absl::Status TakeError();

  // ---- figures
  uint64_t unsettled() const { return pending_ + exceptions_; }
  /// Waiting for another delivery of their key, or for a dead letter.
  size_t parked() const { return parked_fresh_.size() + parked_exceptions_.size(); }
  size_t blocked_keys() const { return order_.blocked_keys(); }
  /// Hands out no fresh entry until some parked one can go.
  bool stalled() const { return stalled_; }
  /// Unsettled and not handed out.
  uint64_t queued() const;
  size_t taken() const { return outstanding_.size() + taken_exceptions_.size(); }
  /// Age start of the oldest unsettled delivery known in memory; kNever when there is none.
  int64_t OldestUs();
  /// Lowest sequence of its bus that may still be read; none when nothing is unsettled.
  std::optional<Sequence> LowWater();
  store::TargetCounters& counters() { return counters_; }
  const store::TargetCounters& counters() const { return counters_; }
  store::TargetState Checkpoint();
  TargetId target() const { return target_; }
  BusId bus() const { return bus_; }

 private:
  static constexpr size_t kDoneMin = 64;
  using Key = store::Log::ExceptionKey;
  using Exceptions = absl::btree_map<Key, store::ExceptionRecord>;
  struct Fresh {
    Sequence sequence;
    int64_t accepted_us = 0;
    uint64_t key_hash = 0;
    bool redelivered = false;
  };
  struct TakenException {
    Key key;
    uint64_t key_hash = 0;
  };

  void Refill();
  void RefillExceptions();
  void TrimExceptions();
  void AdvanceWatermark();
  Sequence ExceptionsLow();
  void ForgetDone();
  int64_t AcceptedUs(Fresh& fresh);
  static Key KeyOf(const store::ExceptionRecord& exception) {
    return Key{exception.due_us, exception.ref.event};
  }
  static KeyOrder::Place PlaceOf(const Fresh& fresh) { return {fresh.sequence, false, 0}; }
  static KeyOrder::Place PlaceOf(const Key& key) { return {key.event.sequence, true, key.due_us}; }
  /// The key that counts: 0 when the target is not ordered.
  uint64_t Counts(uint64_t key_hash) const { return ordered_ ? key_hash : 0; }

  std::optional<Entry> TakeFresh();
  Entry TakeFront();
  Entry TakeParkedFront();
  Entry TakeException(Exceptions& from, Exceptions::iterator place);
  std::optional<Entry> TakeOldException(Exceptions& from, int64_t limit_us, int64_t now_us);
  bool MayTakeKeyed() const;
  bool TooManyBlocks() const { return order_.blocking() && order_.blocks() >= window_max_; }
  void AddFresh(const Fresh& fresh);
  void AddException(store::ExceptionRecord exception);
  void EndTake(uint64_t key_hash);
  void Park(const Fresh& fresh);
  void Arrange(uint64_t key_hash);
  void MoveToParked(const KeyOrder::Place& place);
  void MoveToOffered(const KeyOrder::Place& place);
  void UnparkAll();

  const store::Log& log_;
  const TargetId target_;
  const BusId bus_;
  const size_t window_max_;
  const size_t fresh_max_;
  store::TargetCounters counters_;
  absl::Status error_;

  // Fresh entries.
  std::deque<Fresh> fresh_;                          // ascending; those with a key may have to wait
  absl::btree_map<Sequence, uint64_t> outstanding_;  // taken, with their key hashes
  Sequence watermark_;
  SequenceSet done_;            // above the watermark
  size_t done_max_ = kDoneMin;  // ranges of it at which the watermark is moved
  Sequence loaded_through_;     // all entries up to here have been in fresh_
  Sequence last_dispatched_;
  bool more_on_disk_ = false;
  int64_t pending_ = 0;

  // Exceptions. Those on disk up to `exceptions_loaded_through_` are waiting or taken here.
  Exceptions waiting_;
  absl::flat_hash_map<event::EventRef, TakenException> taken_exceptions_;
  Key exceptions_loaded_through_;
  bool more_exceptions_on_disk_ = false;
  int64_t exceptions_ = 0;
  Sequence exceptions_low_;  // lowest sequence of an exception since there were none; 0: unknown

  // Order by key.
  bool ordered_ = false;
  bool stalled_ = false;
  KeyOrder order_;
  absl::btree_map<Sequence, Fresh> parked_fresh_;
  Exceptions parked_exceptions_;
};

}  // namespace pavane::delivery

#endif  // PAVANE_DELIVERY_TARGET_QUEUE_H_
