#ifndef PAVANE_INGRESS_EMITS_H_
#define PAVANE_INGRESS_EMITS_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "google/protobuf/repeated_ptr_field.h"

#include "base/uuid.h"
#include "config/config.h"
#include "delivery/requests.h"
#include "event/event_header.h"
#include "event/validate.h"
#include "ingress/rule_book.h"
#include "pavane/v1/publisher.pb.h"

namespace pavane::ingress {

using PublishEntries = google::protobuf::RepeatedPtrField<pavane::v1::PublishEntry>;

/// The follow-up events of one settlement: validated when made, completed from the consumed event,
/// matched and appended when the settlement commits. Bus, id, correlation and cause are those of
/// the semantics: bus of the consumed event by default; an id derived from place, target and index;
/// `correlationid` inherited; `causationid` the consumed event's id.
class Emits : public delivery::PreparedEvents {
 public:
  /// What every settlement's emits share; outlives them.
  struct Context {
    const RuleBook& rules;
    Uuid store_space;  // of derived ids
    config::LimitsConfig limits;
  };

  /// Null when there are no entries. Refused with INVALID_EMIT naming the entry.
  static absl::StatusOr<std::unique_ptr<delivery::PreparedEvents>> Make(const Context& context,
                                                                        PublishEntries entries);

  absl::StatusOr<std::vector<store::EmittedEvent>> Append(store::CommitBuilder& commit,
                                                          const event::StoredEvent& consumed,
                                                          TargetId target) override;
  size_t bytes() const override { return bytes_; }
  size_t count() const override { return entries_.size(); }
  uint64_t content_hash() const override { return content_hash_; }

 private:
  Emits(const Context& context, PublishEntries entries);
  absl::Status ValidateAll();
  absl::Status Validate(const pavane::v1::PublishEntry& entry, event::DataShape& shape) const;
  absl::StatusOr<store::EmittedEvent> AppendOne(store::CommitBuilder& commit, int index,
                                                const event::StoredEvent& consumed,
                                                const event::EventHeader& header, TargetId target);

  const Context& context_;
  PublishEntries entries_;
  std::vector<event::DataShape> shapes_;
  size_t bytes_ = 0;
  uint64_t content_hash_ = 0;
};

}  // namespace pavane::ingress

#endif  // PAVANE_INGRESS_EMITS_H_
