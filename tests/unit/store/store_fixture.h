// Events, commits and transactions for the store's tests.
#ifndef PAVANE_TESTS_UNIT_STORE_STORE_FIXTURE_H_
#define PAVANE_TESTS_UNIT_STORE_STORE_FIXTURE_H_

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

#include "base/ids.h"
#include "event/stored_event.h"
#include "store/commit_builder.h"
#include "store/commit_record.h"
#include "store/log.h"
#include "store/transaction.h"

namespace pavane::store {

inline event::Hash128 HashOf(absl::string_view text) {
  uint64_t high = 1469598103934665603ull;
  for (const char c : text) high = (high ^ static_cast<uint8_t>(c)) * 1099511628211ull;
  return {high, high * 31 + text.size() + 1};
}

// An event as a transaction hands it in.
inline event::StoredEvent NewEvent(BusId bus, const std::string& id, size_t bytes = 64) {
  event::StoredEvent event;
  event.ref.bus = bus;
  event.id_hash = HashOf(id);
  event.dedup_hash = event.id_hash;
  event.correlation_hash = HashOf(absl::StrCat("flow of ", id));
  event.matched_rules = 1;
  event.bytes = id;
  while (event.bytes.size() < bytes) absl::StrAppend(&event.bytes, " ", event.bytes.size());
  return event;
}

// Builds commit records by hand, as the writer would.
class CommitMaker {
 public:
  CommitMaker() = default;
  explicit CommitMaker(const Log& log) : position_(log.last_position()) {
    const auto checkpoint = log.ReadCheckpoint();
    time_us_ = checkpoint->last_time_us == 0 ? time_us_ : checkpoint->last_time_us;
    for (const auto& [bus, sequence] : checkpoint->last_sequences) last_[bus.value()] = sequence;
  }

  CommitRecord& Begin() {
    commit_ = CommitRecord();
    commit_.position = position_ = position_.Next();
    commit_.time_us = time_us_ += 1000;
    commit_.catalog_version = CatalogVersion(7);
    return commit_;
  }
  CommitRecord& Event(BusId bus, const std::string& id, std::vector<TargetId> targets,
                      size_t bytes = 64) {
    event::StoredEvent event = NewEvent(bus, id, bytes);
    Sequence& last = last_[bus.value()];
    event.ref.sequence = ++last;
    event.accepted_us = commit_.time_us;
    event.catalog_version = commit_.catalog_version;
    return Add(std::move(event), std::move(targets));
  }
  CommitRecord& Add(event::StoredEvent event, std::vector<TargetId> targets) {
    commit_.events.push_back(
        {std::make_shared<const event::StoredEvent>(std::move(event)), std::move(targets)});
    return commit_;
  }
  CommitRecord& commit() { return commit_; }

 private:
  CommitRecord commit_;
  Position position_;
  int64_t time_us_ = 1'700'000'000'000'000;
  std::map<uint64_t, Sequence> last_;
};

// A transaction of two functions.
class FunctionTransaction : public Transaction {
 public:
  using PrepareFunction = std::function<absl::Status(CommitBuilder&)>;
  using CompleteFunction = std::function<void(const absl::Status&)>;
  FunctionTransaction(PrepareFunction prepare, CompleteFunction complete)
      : prepare_(std::move(prepare)), complete_(std::move(complete)) {}

  absl::Status Prepare(CommitBuilder& commit) override { return prepare_(commit); }
  void Complete(const absl::Status& status) override {
    if (complete_) complete_(status);
  }
  size_t bytes() const override { return bytes_; }
  bool reserved() const override { return reserved_; }
  uint64_t lane() const override { return lane_; }

  size_t bytes_ = 256;
  uint64_t lane_ = kBrokerLane;
  bool reserved_ = false;

 private:
  const PrepareFunction prepare_;
  const CompleteFunction complete_;
};

inline ExceptionRecord MakeException(TargetId target, event::EventRef event, int64_t due_us) {
  ExceptionRecord exception;
  exception.ref = {target, event};
  exception.due_us = due_us;
  exception.attempts = 3;
  exception.error_code = "UNAVAILABLE";
  exception.error_message = "no answer";
  return exception;
}

inline DeadLetterRecord MakeLetter(TargetId target, event::EventRef event, uint64_t id) {
  DeadLetterRecord letter;
  letter.id = id;
  letter.ref = {target, event};
  letter.reason = FailureReason::kRejected;
  letter.error_code = "BAD_CARD";
  letter.attempts = 1;
  letter.bus = "default";
  letter.rule = "rule";
  letter.target = "target";
  letter.event_id = "e";
  return letter;
}

}  // namespace pavane::store

#endif  // PAVANE_TESTS_UNIT_STORE_STORE_FIXTURE_H_
