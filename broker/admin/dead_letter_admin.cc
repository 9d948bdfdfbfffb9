#include "admin/dead_letter_admin.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

#include "admin/dead_letter_filter.h"
#include "admin/page_token.h"
#include "base/failpoint.h"
#include "base/status_macros.h"
#include "event/attributes.h"
#include "event/reason.h"
#include "event/view_buffer.h"
#include "store/transaction.h"

namespace pavane::admin {
namespace {

using pavane::admin::v1::DeadLetter;
using pavane::admin::v1::DeadLetterFilter;
using pavane::admin::v1::PurgeDeadLettersResponse;
using pavane::admin::v1::RedriveDeadLettersResponse;
using pavane::admin::v1::SkipDeadLettersResponse;
using Key = store::Log::DeadLetterKey;

// Bounds of one call: letters looked at, and letters changed (one transaction).
constexpr size_t kLookedAtMax = 20'000;
constexpr size_t kChangedMax = 500;

void SetTimestamp(int64_t us, google::protobuf::Timestamp* out) {
  out->set_seconds(us / 1'000'000);
  out->set_nanos(static_cast<int32_t>(us % 1'000'000) * 1000);
}

Key KeyOf(const store::DeadLetterRecord& letter) { return Key{letter.ref.target, letter.id}; }

// Where a bounded walk over the table stands: it goes on after `after`, and looks at no letter that
// was written since it began.
struct Cursor {
  std::optional<Key> after;
  uint64_t newest_id = std::numeric_limits<uint64_t>::max();
};

std::string EncodeCursor(const Cursor& cursor) {
  return EncodePageToken({absl::StrCat(cursor.after->target.value()),
                          absl::StrCat(cursor.after->id), absl::StrCat(cursor.newest_id)});
}

absl::StatusOr<Cursor> DecodeCursor(const std::string& token) {
  ASSIGN_OR_RETURN(const auto parts, DecodePageToken(token, 3));
  Cursor cursor;
  if (parts.empty()) return cursor;
  uint64_t target = 0;
  Key after;
  if (!absl::SimpleAtoi(parts[0], &target) || !absl::SimpleAtoi(parts[1], &after.id) ||
      !absl::SimpleAtoi(parts[2], &cursor.newest_id)) {
    return absl::InvalidArgumentError("page_token is not one that this broker gave for this call");
  }
  after.target = TargetId(target);
  cursor.after = after;
  return cursor;
}

}  // namespace

// Letters to work on, and where to go on.
struct DeadLetterAdmin::Selection {
  std::vector<store::DeadLetterRecord> letters;
  std::optional<std::string> next_page_token;  // absent: nothing is left
};

// Letters that a commit under way erases. Writer thread only.
struct DeadLetterAdmin::Erasing {
  absl::flat_hash_set<std::pair<uint64_t, uint64_t>> keys;  // target, id
};

// Erases letters, and with `redrive` makes deliveries of them, in one commit. With `skip` they come
// back in it, and block their keys no longer.
class DeadLetterAdmin::ChangeTransaction : public store::Transaction {
 public:
  struct Outcome {
    uint64_t changed = 0;
    uint64_t target_gone = 0;
  };
  using Done = std::function<void(absl::StatusOr<Outcome>)>;
  struct Work {
    std::vector<store::DeadLetterRecord> letters;
    bool redrive = false;
    bool skip = false;
    TargetId to_target;     // zero: each letter's own
    bool only_one = false;  // a missing target is an error
  };

  ChangeTransaction(DeadLetterAdmin& admin, Work work, Done done)
      : admin_(admin), work_(std::move(work)), done_(std::move(done)) {}

  absl::Status Prepare(store::CommitBuilder& commit) override {
    const ingress::RuleSnapshotPtr rules = admin_.rules_.snapshot();
    if (work_.redrive) admin_.redrives_.fetch_add(1, std::memory_order_release);
    for (const store::DeadLetterRecord& letter : work_.letters) {
      // Gone since it was read: by another call, or by retention.
      const std::pair<uint64_t, uint64_t> key(letter.ref.target.value(), letter.id);
      if (admin_.erasing_->keys.contains(key)) continue;
      auto stored = admin_.log_.GetDeadLetter(KeyOf(letter));
      if (!stored.ok() || (work_.skip && !stored->blocks_key)) continue;
      if (work_.redrive) {
        const absl::Status status = Redrive(rules->catalog(), letter, commit);
        if (event::ReasonOf(status) == pavane::v1::TARGET_GONE && !work_.only_one) {
          ++outcome_.target_gone;
          continue;
        }
        RETURN_IF_ERROR(status);
      }
      commit.EraseDeadLetter(letter);
      if (work_.skip) {
        stored->blocks_key = false;
        commit.PutDeadLetter(*std::move(stored));
      }
      admin_.erasing_->keys.insert(key);
      mine_.push_back(key);
      ++outcome_.changed;
    }
    FAILPOINT("admin.letters_prepared");
    return absl::OkStatus();
  }

  void Complete(const absl::Status& status) override {
    for (const auto& key : mine_) admin_.erasing_->keys.erase(key);
    if (work_.redrive) admin_.redrives_.fetch_add(1, std::memory_order_release);
    if (status.ok()) {
      done_(outcome_);
    } else {
      done_(ingress::ToCaller(status));
    }
    FAILPOINT("admin.letters_answered");
  }
  size_t bytes() const override { return 256 + work_.letters.size() * 512; }
  bool reserved() const override { return true; }

 private:
  absl::Status Redrive(const store::Catalog& catalog, const store::DeadLetterRecord& letter,
                       store::CommitBuilder& commit) {
    const TargetId target = work_.to_target ? work_.to_target : letter.ref.target;
    const store::TargetPlace place = catalog.FindTarget(target);
    if (place.rule == nullptr) {
      return event::Refused(
          absl::StatusCode::kFailedPrecondition, pavane::v1::TARGET_GONE,
          absl::StrCat("target '", letter.target, "' of rule '", letter.rule, "' on bus '",
                       letter.bus, "' no longer exists; name another with to_target"));
    }
    if (place.rule->bus_id != letter.ref.event.bus) {
      return event::Invalid(pavane::v1::INVALID_TARGET,
                            "to_target is on another bus than the dead letter's event");
    }
    store::ExceptionRecord exception;
    exception.ref = store::DeliveryRef{target, letter.ref.event};
    exception.due_us = commit.time_us();
    exception.kind = store::ExceptionRecord::Kind::kRedrive;
    exception.age_from_us = commit.time_us();
    exception.redriven = true;
    exception.event_accepted_us = letter.event_accepted_us;
    exception.event_bytes = letter.event_bytes;
    if (target == letter.ref.target) {
      exception.key_hash = letter.key_hash;
      exception.in_order = letter.blocks_key;
    } else {
      exception.key_hash = KeyFor(*place.rule, target, letter);
    }
    commit.PutException(std::move(exception));
    return absl::OkStatus();
  }

  // Another target may take its key from elsewhere in the event.
  uint64_t KeyFor(const store::RuleEntry& rule, TargetId target,
                  const store::DeadLetterRecord& letter) const {
    const auto index =
        std::find(rule.target_ids.begin(), rule.target_ids.end(), target) - rule.target_ids.begin();
    const pavane::admin::v1::Target& definition = rule.rule.targets(static_cast<int>(index));
    if (definition.ordering().mode() != pavane::v1::Ordering::KEY) return 0;
    event::StoredEvent event;
    if (!letter.event_bytes.empty()) {
      event.bytes = letter.event_bytes;
    } else if (auto stored = admin_.log_.ReadEvent(letter.ref.event); stored.ok()) {
      event = **stored;
    }
    event::ViewBuffer buffer;
    const absl::StatusOr<event::EventView> view = buffer.FillStored(event);
    return view.ok() ? ingress::OrderingKey(definition, *view) : 0;
  }

  DeadLetterAdmin& admin_;
  const Work work_;
  const Done done_;
  std::vector<std::pair<uint64_t, uint64_t>> mine_;
  Outcome outcome_;
};

DeadLetterAdmin::DeadLetterAdmin(const ingress::RuleBook& rules, const ingress::Gate& gate,
                                 const store::Log& log, store::Writer& writer)
    : rules_(rules),
      gate_(gate),
      log_(log),
      writer_(writer),
      erasing_(std::make_unique<Erasing>()) {}
DeadLetterAdmin::~DeadLetterAdmin() = default;

DeadLetter DeadLetterAdmin::Show(const store::DeadLetterRecord& letter, bool with_event) const {
  DeadLetter shown;
  shown.set_id(EncodeDeadLetterId(KeyOf(letter)));
  shown.set_bus(letter.bus);
  shown.set_rule(letter.rule);
  shown.set_target(letter.target);
  shown.set_target_address(letter.target_address);
  shown.set_sequence(letter.ref.event.sequence.value());
  shown.set_reason(static_cast<pavane::admin::v1::FailureReason>(letter.reason));
  shown.set_error_code(letter.error_code);
  shown.set_error_message(letter.error_message);
  shown.set_attempts(letter.attempts);
  shown.set_exhausted_condition(letter.exhausted_condition);
  if (letter.first_attempt_us != 0) {
    SetTimestamp(letter.first_attempt_us, shown.mutable_first_attempt_at());
  }
  if (letter.last_attempt_us != 0) {
    SetTimestamp(letter.last_attempt_us, shown.mutable_last_attempt_at());
  }
  SetTimestamp(letter.dead_us, shown.mutable_dead_at());
  shown.set_event_id(letter.event_id);
  shown.set_event_source(letter.event_source);
  shown.set_event_type(letter.event_type);
  shown.set_correlation_id(letter.correlation_id);
  shown.set_blocks_key(letter.blocks_key);
  if (!with_event) return shown;
  if (!letter.event_bytes.empty()) {
    shown.mutable_event()->ParseFromString(letter.event_bytes);
  } else if (auto event = log_.ReadEvent(letter.ref.event); event.ok()) {
    shown.mutable_event()->ParseFromString((*event)->bytes);
  }
  return shown;
}

absl::StatusOr<DeadLetterAdmin::Selection> DeadLetterAdmin::Select(const DeadLetterFilter& filter,
                                                                   const std::string& page_token,
                                                                   size_t letters_max) const {
  ASSIGN_OR_RETURN(Cursor cursor, DecodeCursor(page_token));
  if (!cursor.after) {
    // Ids rise with the position of their commit.
    cursor.newest_id = (log_.last_position().value() + 1) << 20;
  }
  Selection selection;
  size_t looked_at = 0;
  bool more = false;
  RETURN_IF_ERROR(log_.VisitDeadLetters(
      cursor.after, TargetOf(filter, rules_.snapshot()->catalog()),
      [&](const store::DeadLetterRecord& letter) {
        if (selection.letters.size() == letters_max || looked_at++ == kLookedAtMax) {
          more = true;
          return false;
        }
        cursor.after = KeyOf(letter);
        if (letter.id <= cursor.newest_id && Selects(filter, letter)) {
          selection.letters.push_back(letter);
        }
        return true;
      }));
  if (more) selection.next_page_token = EncodeCursor(cursor);
  return selection;
}

absl::StatusOr<DeadLetterAdmin::Selection> DeadLetterAdmin::SelectOne(const std::string& id) const {
  ASSIGN_OR_RETURN(const Key key, DecodeDeadLetterId(id));
  absl::StatusOr<store::DeadLetterRecord> letter = log_.GetDeadLetter(key);
  if (absl::IsNotFound(letter.status())) {
    return absl::NotFoundError(absl::StrCat("no dead letter '", id, "'"));
  }
  RETURN_IF_ERROR(letter.status());
  Selection selection;
  selection.letters.push_back(*std::move(letter));
  return selection;
}

absl::StatusOr<pavane::admin::v1::ListDeadLettersResponse> DeadLetterAdmin::List(
    const pavane::admin::v1::ListDeadLettersRequest& request) const {
  ASSIGN_OR_RETURN(const size_t page_size, PageSize(request.page_size()));
  ASSIGN_OR_RETURN(const Selection selection,
                   Select(request.filter(), request.page_token(), page_size));
  pavane::admin::v1::ListDeadLettersResponse response;
  for (const store::DeadLetterRecord& letter : selection.letters) {
    *response.add_dead_letters() = Show(letter, request.with_events());
  }
  response.set_next_page_token(selection.next_page_token.value_or(""));
  return response;
}

absl::StatusOr<pavane::admin::v1::GetDeadLetterResponse> DeadLetterAdmin::Get(
    const pavane::admin::v1::GetDeadLetterRequest& request) const {
  ASSIGN_OR_RETURN(const Selection selection, SelectOne(request.id()));
  pavane::admin::v1::GetDeadLetterResponse response;
  *response.mutable_dead_letter() = Show(selection.letters.front(), true);
  return response;
}

absl::StatusOr<TargetId> DeadLetterAdmin::FindTarget(const std::string& path) const {
  // A rule's name may hold slashes; those of buses and targets cannot.
  const size_t first = path.find('/');
  const size_t last = path.rfind('/');
  if (first == std::string::npos || last == first) {
    return event::Invalid(pavane::v1::INVALID_TARGET, "to_target must be BUS/RULE/TARGET");
  }
  DeadLetterFilter names;
  names.set_bus(path.substr(0, first));
  names.set_rule(path.substr(first + 1, last - first - 1));
  names.set_target(path.substr(last + 1));
  const std::optional<TargetId> target = TargetOf(names, rules_.snapshot()->catalog());
  if (target) return *target;
  return absl::NotFoundError(absl::StrCat("to_target: no target '", path.substr(0, 600), "'"));
}

absl::Status DeadLetterAdmin::Submit(std::unique_ptr<ChangeTransaction> transaction) {
  std::unique_ptr<store::Transaction> handed = std::move(transaction);
  FAILPOINT("admin.letters_selected");
  if (writer_.Submit(handed)) return absl::OkStatus();
  const absl::Status state = gate_.CheckChange();
  return state.ok() ? ingress::Overloaded() : state;
}

void DeadLetterAdmin::Redrive(const pavane::admin::v1::RedriveDeadLettersRequest& request,
                              Callback<RedriveDeadLettersResponse> callback) {
  using Request = pavane::admin::v1::RedriveDeadLettersRequest;
  if (absl::Status open = gate_.CheckChange(); !open.ok()) return callback(open);
  ChangeTransaction::Work work;
  work.redrive = true;
  work.only_one = request.selection_case() == Request::kId;
  if (!request.to_target().empty()) {
    absl::StatusOr<TargetId> target = FindTarget(request.to_target());
    if (!target.ok()) return callback(target.status());
    work.to_target = *target;
  }
  if (request.selection_case() == Request::SELECTION_NOT_SET ||
      (request.selection_case() == Request::kAll && !request.all())) {
    return callback(absl::InvalidArgumentError("say which dead letters: id, filter or all"));
  }
  absl::StatusOr<Selection> selection =
      work.only_one ? SelectOne(request.id())
                    : Select(request.filter(), request.page_token(), kChangedMax);
  if (!selection.ok()) return callback(selection.status());
  work.letters = std::move(selection->letters);
  auto answered = std::make_shared<Callback<RedriveDeadLettersResponse>>(std::move(callback));
  const absl::Status submitted = Submit(std::make_unique<ChangeTransaction>(
      *this, std::move(work),
      [answered,
       next = selection->next_page_token](absl::StatusOr<ChangeTransaction::Outcome> outcome) {
        if (!outcome.ok()) return (*answered)(outcome.status());
        RedriveDeadLettersResponse response;
        response.set_redriven(outcome->changed);
        response.set_target_gone(outcome->target_gone);
        response.set_more(next.has_value());
        response.set_next_page_token(next.value_or(""));
        (*answered)(std::move(response));
      }));
  if (!submitted.ok()) (*answered)(submitted);
}

void DeadLetterAdmin::Skip(const pavane::admin::v1::SkipDeadLettersRequest& request,
                           Callback<SkipDeadLettersResponse> callback) {
  using Request = pavane::admin::v1::SkipDeadLettersRequest;
  if (absl::Status open = gate_.CheckChange(); !open.ok()) return callback(open);
  if (request.selection_case() == Request::SELECTION_NOT_SET ||
      (request.selection_case() == Request::kAll && !request.all())) {
    return callback(absl::InvalidArgumentError("say which dead letters: id, filter or all"));
  }
  absl::StatusOr<Selection> selection =
      request.selection_case() == Request::kId
          ? SelectOne(request.id())
          : Select(request.filter(), request.page_token(), kChangedMax);
  if (!selection.ok()) return callback(selection.status());
  ChangeTransaction::Work work;
  work.letters = std::move(selection->letters);
  work.skip = true;
  auto answered = std::make_shared<Callback<SkipDeadLettersResponse>>(std::move(callback));
  const absl::Status submitted = Submit(std::make_unique<ChangeTransaction>(
      *this, std::move(work),
      [answered,
       next = selection->next_page_token](absl::StatusOr<ChangeTransaction::Outcome> outcome) {
        if (!outcome.ok()) return (*answered)(outcome.status());
        SkipDeadLettersResponse response;
        response.set_skipped(outcome->changed);
        response.set_more(next.has_value());
        response.set_next_page_token(next.value_or(""));
        (*answered)(std::move(response));
      }));
  if (!submitted.ok()) (*answered)(submitted);
}

void DeadLetterAdmin::Purge(const pavane::admin::v1::PurgeDeadLettersRequest& request,
                            Callback<PurgeDeadLettersResponse> callback) {
  using Request = pavane::admin::v1::PurgeDeadLettersRequest;
  if (absl::Status open = gate_.CheckChange(); !open.ok()) return callback(open);
  if (request.selection_case() == Request::SELECTION_NOT_SET ||
      (request.selection_case() == Request::kAll && !request.all())) {
    return callback(absl::InvalidArgumentError("say which dead letters: id, filter or all"));
  }
  absl::StatusOr<Selection> selection =
      request.selection_case() == Request::kId
          ? SelectOne(request.id())
          : Select(request.filter(), request.page_token(), kChangedMax);
  if (!selection.ok()) return callback(selection.status());
  ChangeTransaction::Work work;
  work.letters = std::move(selection->letters);
  auto answered = std::make_shared<Callback<PurgeDeadLettersResponse>>(std::move(callback));
  const absl::Status submitted = Submit(std::make_unique<ChangeTransaction>(
      *this, std::move(work),
      [answered,
       next = selection->next_page_token](absl::StatusOr<ChangeTransaction::Outcome> outcome) {
        if (!outcome.ok()) return (*answered)(outcome.status());
        PurgeDeadLettersResponse response;
        response.set_purged(outcome->changed);
        response.set_more(next.has_value());
        response.set_next_page_token(next.value_or(""));
        (*answered)(std::move(response));
      }));
  if (!submitted.ok()) (*answered)(submitted);
}

void DeadLetterAdmin::Expire(int64_t dead_before_us, uint64_t letters_max,
                             std::function<void(absl::StatusOr<uint64_t>)> done) {
  ChangeTransaction::Work work;
  TargetId target;
  uint64_t too_many = 0;
  const absl::Status visited =
      log_.VisitDeadLetters(std::nullopt, std::nullopt, [&](const store::DeadLetterRecord& letter) {
        if (letter.ref.target != target) {
          target = letter.ref.target;
          const uint64_t count = log_.dead_letter_count(target);
          too_many = count > letters_max ? count - letters_max : 0;
        }
        if (too_many > 0 || letter.dead_us < dead_before_us) {
          work.letters.push_back(letter);
          if (too_many > 0) --too_many;
        }
        return work.letters.size() < kChangedMax;
      });
  if (!visited.ok()) return done(visited);
  if (work.letters.empty()) return done(0);
  auto answered = std::make_shared<std::function<void(absl::StatusOr<uint64_t>)>>(std::move(done));
  const absl::Status submitted = Submit(std::make_unique<ChangeTransaction>(
      *this, std::move(work), [answered](absl::StatusOr<ChangeTransaction::Outcome> outcome) {
        if (!outcome.ok()) return (*answered)(outcome.status());
        (*answered)(outcome->changed);
      }));
  if (!submitted.ok()) (*answered)(submitted);
}

}  // namespace pavane::admin
