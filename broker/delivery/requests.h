#ifndef PAVANE_DELIVERY_REQUESTS_H_
#define PAVANE_DELIVERY_REQUESTS_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

#include "base/ids.h"
#include "base/strong_id.h"
#include "pavane/v1/errors.pb.h"
#include "store/commit_builder.h"
#include "store/commit_record.h"
#include "targets/session.h"

namespace pavane::delivery {

/// Number of a session within this boot, from 1.
using SessionId = StrongInt<struct SessionIdTag, uint64_t>;

/// Emits that ingress has validated and matched; they append themselves when their settlement
/// commits. Writer thread for Append.
class PreparedEvents {
 public:
  virtual ~PreparedEvents() = default;
  /// Fills in what depends on the consumed event (bus, correlation, cause, derived ids), matches
  /// again where the catalog moved on, and appends. InvalidArgument with the index of the bad emit
  /// in the message refuses the whole settlement.
  virtual absl::StatusOr<std::vector<store::EmittedEvent>> Append(
      store::CommitBuilder& commit, const event::StoredEvent& consumed, TargetId target) = 0;
  virtual size_t bytes() const = 0;
  virtual size_t count() const = 0;
  /// Fingerprint of the content, for repeats.
  virtual uint64_t content_hash() const = 0;
};

/// An item-level refusal: a stable reason with words for people.
struct Refusal {
  pavane::v1::Reason reason = pavane::v1::REASON_UNSPECIFIED;
  std::string message;
  absl::Duration retry_after = absl::ZeroDuration();
};

struct Ack {
  std::unique_ptr<PreparedEvents> emits;  // null: none
};
struct Nack {
  std::optional<absl::Duration> delay;
  std::string code;
  std::string message;
};
struct Reject {
  std::string code;
  std::string message;
  std::unique_ptr<PreparedEvents> emits;  // null: none
};
struct Release {};
/// Dial-out only: the answer comes later by Settle.
struct Defer {
  std::optional<absl::Duration> lease;
};

/// One settlement, translated and with its emits prepared.
struct SettlementRequest {
  std::string delivery_id;
  std::variant<Ack, Nack, Reject, Release, Defer> outcome;
};

/// The answer to one settlement.
struct SettlementAnswer {
  std::string delivery_id;
  std::optional<Refusal> refusal;  // absent: accepted and durable
  std::vector<store::EmittedEvent> emitted;
  store::ClientOutcome recorded = store::ClientOutcome::kNone;  // with ALREADY_SETTLED
  bool repeated = false;
};
using SettleCallback = std::function<void(std::vector<SettlementAnswer>)>;

struct ExtendRequest {
  std::string delivery_id;
  std::optional<absl::Duration> lease;  // absent: the target's lease again
};
struct ExtendAnswer {
  std::string delivery_id;
  std::optional<Refusal> refusal;
  absl::Time lease_expires_at;
};
using ExtendCallback = std::function<void(std::vector<ExtendAnswer>)>;

struct OpenRequest {
  std::string service;
  std::string instance;
  std::string peer;
  std::string resume_token;
  uint32_t batch_max = 0;
  std::shared_ptr<targets::Session> session;
};
struct OpenAnswer {
  SessionId id;
  std::string session_name;  // UUID, for logs
  std::string resume_token;
  std::vector<std::string> resumed_delivery_ids;
  uint32_t in_flight_max = 0;
  /// The resume token was given but is unknown or too old.
  bool resume_failed = false;
};
using OpenCallback = std::function<void(OpenAnswer)>;

struct PullOptions {
  std::string service;
  uint32_t deliveries_max = 1;
  uint64_t bytes_max = 4 << 20;
  absl::Duration wait = absl::ZeroDuration();
};
using PullCallback = std::function<void(std::vector<targets::OutgoingDelivery>)>;

/// How a stream ended.
enum class CloseKind {
  kLost,     // broken: leases wait for the resume window, then count as CONNECTION_LOST
  kOrderly,  // the client closed it: its leases are released at once, no attempt counted
};

}  // namespace pavane::delivery

#endif  // PAVANE_DELIVERY_REQUESTS_H_
