#ifndef PAVANE_STORE_COMMIT_RECORD_H_
#define PAVANE_STORE_COMMIT_RECORD_H_

#include <cstdint>
#include <string>
#include <vector>

#include "base/ids.h"
#include "event/event_ref.h"
#include "event/stored_event.h"

namespace pavane::store {

/// How long a delivery lasts in the store: which target gets which event.
struct DeliveryRef {
  TargetId target;
  event::EventRef event;

  friend bool operator==(const DeliveryRef&, const DeliveryRef&) = default;
  friend auto operator<=>(const DeliveryRef&, const DeliveryRef&) = default;

  template <typename H>
  friend H AbslHashValue(H h, const DeliveryRef& ref) {
    return H::combine(std::move(h), ref.target, ref.event);
  }
};

/// What a settlement record says became of an attempt. Numbers are part of the disk format.
enum class Outcome : uint8_t {
  kAcked = 1,      // done
  kRetry = 2,      // failed for now (nack, lease expired, connection lost, dial-out failure)
  kFailed = 3,     // failed for good: FailedInvocations counts it
  kReleased = 4,   // given back untried
  kDiscarded = 5,  // given up with its rule, target or bus; not a failure
};

/// Why a delivery failed for good. The closed enum behind the metric label `reason`; the same
/// numbers as pavane.admin.v1.FailureReason. Part of the disk format.
enum class FailureReason : uint8_t {
  kNone = 0,
  kRetriesExhausted = 1,
  kAgeExceeded = 2,
  kRejected = 3,
  kNonRetryable = 4,
  kHopLimit = 5,
  kTargetMissing = 6,
};
inline constexpr int kFailureReasons = 6;

/// What the service itself said, as its answer is repeated: numbers of pavane.v1.Outcome.
enum class ClientOutcome : uint8_t {
  kNone = 0,
  kAcked = 1,
  kNacked = 2,
  kRejected = 3,
  kReleased = 4
};

/// The answer to one emitted event, kept so that a repeated settlement gets the same answer.
struct EmittedEvent {
  event::EventRef event;
  uint32_t matched_rules = 0;
  bool duplicate = false;
  std::string event_id;
  bool scheduled = false;  // waits for its time: it has no sequence yet
};

/// A delivery that is not a fresh entry of its target's queue (any more): it failed, was released,
/// redriven, or filled in from before its target was made. Lives on the durable timer of its target
/// until settled. Key: (target, due_us, event).
struct ExceptionRecord {
  enum class Kind : uint8_t { kRetry = 1, kReleased = 2, kRedrive = 3, kFilled = 4 };

  DeliveryRef ref;
  int64_t due_us = 0;  // not before; UTC microseconds
  Kind kind = Kind::kRetry;
  uint32_t attempts = 0;         // counted attempts so far (since the redrive)
  uint32_t releases = 0;         // releases since the last counted attempt
  int64_t age_from_us = 0;       // the age limit runs from here
  int64_t first_attempt_us = 0;  // 0: none
  int64_t last_attempt_us = 0;   // 0: none
  bool redriven = false;         // kind of hand-over is REDRIVE until settled
  uint64_t key_hash = 0;         // of its ordering key; 0: it has none
  bool in_order = false;         // redriven, and its key waited for it
  std::string error_code;
  std::string error_message;
  // Set when the event's block is gone (redriven from a dead letter that had copied it).
  int64_t event_accepted_us = 0;
  std::string event_bytes;
};

/// One attempt's end, or one delivery's.
struct SettlementRecord {
  DeliveryRef ref;
  Outcome outcome = Outcome::kAcked;
  FailureReason reason = FailureReason::kNone;  // kFailed only
  bool attempt_counted = true;
  bool first_attempt = true;     // the counted attempt was the delivery's first
  bool was_exception = false;    // an exception record existed and is erased by this commit
  bool to_dead_letters = false;  // kFailed only: kept in the table; false: lost
  ClientOutcome client_outcome = ClientOutcome::kNone;  // kNone: the broker ended the attempt
  /// The attempt that was settled: boot, attempt serial and token of its delivery id. Repeats of
  /// the settlement are recognized by it. All zero when no attempt was out.
  BootNumber boot;
  uint64_t token = 0;
  /// Fingerprint of the settlement's content (outcome, emits), so that a repeat with other content
  /// is ALREADY_SETTLED.
  uint64_t content_hash = 0;
  std::vector<EmittedEvent> emitted;
};

/// A delivery given up, with its reason. Key: (target, id). The event itself stays in its block and
/// is copied into `event_bytes` only when the block is about to go.
struct DeadLetterRecord {
  uint64_t id = 0;  // unique in the store: position of its commit << 20 | index within it
  DeliveryRef ref;
  FailureReason reason = FailureReason::kNone;
  std::string error_code;
  std::string error_message;
  uint32_t attempts = 0;
  std::string exhausted_condition;  // "MaximumRetryAttempts", "MaximumEventAgeInSeconds" or empty
  int64_t first_attempt_us = 0;     // 0: none
  int64_t last_attempt_us = 0;      // 0: none
  int64_t dead_us = 0;
  // Names as they were: rule and target may be gone when the letter is read.
  std::string bus;
  std::string rule;
  std::string target;
  std::string target_address;
  // What lists filter by, so that listing reads no events.
  std::string event_id;
  std::string event_source;
  std::string event_type;
  std::string correlation_id;
  uint64_t key_hash = 0;    // of the delivery's ordering key; 0: it has none
  bool blocks_key = false;  // later deliveries of the key wait until the letter is gone
  // Set when the event's block is gone.
  int64_t event_accepted_us = 0;
  std::string event_bytes;
};

/// An event that is kept whole until it is due, and appended then. Key: (due_us, id).
struct ScheduledEvent {
  uint64_t id = 0;          // unique in the store: position of its commit << 20 | index within it
  int64_t due_us = 0;       // UTC microseconds
  int64_t accepted_us = 0;  // when it was taken
  event::StoredEventPtr event;  // without sequence, time, version and matched rules
};

/// What of the past a target still gets: events `next` to `last` of its bus are to be looked at for
/// its start position. With `next` behind `last` nothing is left, and no record is kept.
struct FillRecord {
  TargetId target;
  BusId bus;
  Sequence next;
  Sequence last;        // the newest event when the target was made
  int64_t from_us = 0;  // only events accepted at or after; 0: all

  bool done() const { return next > last; }
  friend bool operator==(const FillRecord&, const FillRecord&) = default;
};

/// A change of the catalog: one entry put or erased, as versioned bytes (see catalog_codec.h).
struct CatalogChange {
  /// kNextIds: the ids to give next; comes from Log::ReadCatalog, kept there by the log itself.
  enum class Kind : uint8_t { kBus = 1, kRule = 2, kRuleSet = 3, kNextIds = 4 };
  Kind kind = Kind::kBus;
  uint64_t id = 0;  // bus id, rule id; rule sets: hash of the service's name
  bool erased = false;
  std::string bytes;  // encoded entry; empty when erased
};

/// One appended event with the targets its delivery goes to: the dispatch record is the list of
/// these, for all targets together.
struct AppendedEvent {
  event::StoredEventPtr event;
  std::vector<TargetId> targets;
  /// Hash of the ordering key for each of `targets`, 0 for none. Empty: no target is ordered.
  std::vector<uint64_t> key_hashes = {};

  uint64_t key_hash(size_t index) const { return key_hashes.empty() ? 0 : key_hashes[index]; }
};

/// The unit of durability: everything of one group commit. All other state is a deterministic
/// function of the sequence of these. Built by Writer, read again at start.
struct CommitRecord {
  Position position;                  // from 1, without gaps
  int64_t time_us = 0;                // recorded time, never falls
  CatalogVersion catalog_version;     // after the catalog changes of this commit
  std::vector<AppendedEvent> events;  // in order; sequences rise by one per bus
  std::vector<SettlementRecord> settlements;
  std::vector<ExceptionRecord> exceptions;         // put
  std::vector<ExceptionRecord> exceptions_erased;  // only the key fields are used
  std::vector<DeadLetterRecord> dead_letters;      // put
  /// Only id and ref are used, and key_hash where the letter blocks_key.
  std::vector<DeadLetterRecord> dead_letters_erased;
  std::vector<CatalogChange> catalog;
  std::vector<ScheduledEvent> scheduled;         // put
  std::vector<ScheduledEvent> scheduled_erased;  // only the key fields are used
  std::vector<FillRecord> fills;                 // put, or erased where done

  bool empty() const {
    return events.empty() && settlements.empty() && exceptions.empty() &&
           exceptions_erased.empty() && dead_letters.empty() && dead_letters_erased.empty() &&
           catalog.empty() && scheduled.empty() && scheduled_erased.empty() && fills.empty();
  }
};

}  // namespace pavane::store

#endif  // PAVANE_STORE_COMMIT_RECORD_H_
