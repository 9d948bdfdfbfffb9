#include "admin/dead_letter_admin.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

#include "admin/dead_letter_change.h"
#include "admin/dead_letter_filter.h"
#include "admin/page_token.h"
#include "base/failpoint.h"
#include "base/status_macros.h"
#include "event/attributes.h"
#include "event/reason.h"
#include "event/timestamp.h"

namespace pavane::admin {
namespace {

using pavane::admin::v1::DeadLetter;
using pavane::admin::v1::DeadLetterFilter;
using pavane::admin::v1::PurgeDeadLettersResponse;
using pavane::admin::v1::RedriveDeadLettersResponse;
using pavane::admin::v1::SkipDeadLettersResponse;
using Key = store::Log::DeadLetterKey;

// Bounds of one call: letters looked at, and letters changed (one transaction).
constexpr size_t kLettersLookedAtMax = 20'000;
constexpr size_t kChangedMax = 500;

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

DeadLetterAdmin::DeadLetterAdmin(const ingress::RuleBook& rules, const ingress::Gate& gate,
                                 const store::Log& log, store::Writer& writer)
    : rules_(rules), gate_(gate), log_(log), writer_(writer), changes_{rules, log} {}

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
    event::SetTimestamp(letter.first_attempt_us, shown.mutable_first_attempt_at());
  }
  if (letter.last_attempt_us != 0) {
    event::SetTimestamp(letter.last_attempt_us, shown.mutable_last_attempt_at());
  }
  event::SetTimestamp(letter.dead_us, shown.mutable_dead_at());
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
        if (selection.letters.size() == letters_max || looked_at++ == kLettersLookedAtMax) {
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

absl::Status DeadLetterAdmin::Submit(std::unique_ptr<DeadLetterChange> transaction) {
  std::unique_ptr<store::Transaction> handed = std::move(transaction);
  FAILPOINT("admin.letters_selected");
  if (writer_.Submit(handed)) return absl::OkStatus();
  const absl::Status state = gate_.CheckChange();
  return state.ok() ? ingress::Overloaded() : state;
}

template <typename Request, typename Response>
void DeadLetterAdmin::Change(const Request& request, DeadLetterChange::Work work,
                             Callback<Response> callback, Fill<Response> fill) {
  if (absl::Status open = gate_.CheckChange(); !open.ok()) return callback(open);
  if (request.selection_case() == Request::SELECTION_NOT_SET ||
      (request.selection_case() == Request::kAll && !request.all())) {
    return callback(absl::InvalidArgumentError("say which dead letters: id, filter or all"));
  }
  work.only_one = request.selection_case() == Request::kId;
  absl::StatusOr<Selection> selection =
      work.only_one ? SelectOne(request.id())
                    : Select(request.filter(), request.page_token(), kChangedMax);
  if (!selection.ok()) return callback(selection.status());
  work.letters = std::move(selection->letters);
  auto answered = std::make_shared<Callback<Response>>(std::move(callback));
  const absl::Status submitted = Submit(std::make_unique<DeadLetterChange>(
      changes_, std::move(work),
      [answered, fill,
       next = selection->next_page_token](absl::StatusOr<DeadLetterChange::Outcome> outcome) {
        if (!outcome.ok()) return (*answered)(outcome.status());
        Response response;
        fill(*outcome, response);
        response.set_more(next.has_value());
        response.set_next_page_token(next.value_or(""));
        (*answered)(std::move(response));
      }));
  if (!submitted.ok()) (*answered)(submitted);
}

void DeadLetterAdmin::Redrive(const pavane::admin::v1::RedriveDeadLettersRequest& request,
                              Callback<RedriveDeadLettersResponse> callback) {
  DeadLetterChange::Work work;
  work.redrive = true;
  if (!request.to_target().empty()) {
    absl::StatusOr<TargetId> target = FindTarget(request.to_target());
    if (!target.ok()) return callback(target.status());
    work.to_target = *target;
  }
  Change<pavane::admin::v1::RedriveDeadLettersRequest, RedriveDeadLettersResponse>(
      request, std::move(work), std::move(callback), [](const auto& outcome, auto& response) {
        response.set_redriven(outcome.changed);
        response.set_target_gone(outcome.target_gone);
      });
}

void DeadLetterAdmin::Skip(const pavane::admin::v1::SkipDeadLettersRequest& request,
                           Callback<SkipDeadLettersResponse> callback) {
  DeadLetterChange::Work work;
  work.skip = true;
  Change<pavane::admin::v1::SkipDeadLettersRequest, SkipDeadLettersResponse>(
      request, std::move(work), std::move(callback),
      [](const auto& outcome, auto& response) { response.set_skipped(outcome.changed); });
}

void DeadLetterAdmin::Purge(const pavane::admin::v1::PurgeDeadLettersRequest& request,
                            Callback<PurgeDeadLettersResponse> callback) {
  Change<pavane::admin::v1::PurgeDeadLettersRequest, PurgeDeadLettersResponse>(
      request, {}, std::move(callback),
      [](const auto& outcome, auto& response) { response.set_purged(outcome.changed); });
}

absl::StatusOr<std::vector<store::DeadLetterRecord>> DeadLetterAdmin::SelectExpired(
    int64_t dead_before_us, uint64_t letters_max) const {
  std::vector<store::DeadLetterRecord> expired;
  std::optional<Key> after;
  bool more = true;
  while (more && expired.size() < kChangedMax) {
    more = false;
    TargetId target;
    uint64_t too_many = 0;
    RETURN_IF_ERROR(
        log_.VisitDeadLetters(after, std::nullopt, [&](const store::DeadLetterRecord& letter) {
          if (letter.ref.target != target) {
            target = letter.ref.target;
            const uint64_t count = log_.dead_letter_count(target);
            too_many = count > letters_max ? count - letters_max : 0;
          }
          if (too_many == 0 && letter.dead_us >= dead_before_us) {
            // Letters of a target lie in the order of their deaths, but for skipped ones, which lie
            // where they were skipped and go when all before them have gone: on with the next
            // target.
            after = Key{target, std::numeric_limits<uint64_t>::max()};
            more = true;
            return false;
          }
          if (too_many > 0) --too_many;
          expired.push_back(letter);
          return expired.size() < kChangedMax;
        }));
  }
  return expired;
}

void DeadLetterAdmin::Expire(int64_t dead_before_us, uint64_t letters_max,
                             std::function<void(absl::StatusOr<Expired>)> done) {
  DeadLetterChange::Work work;
  absl::StatusOr<std::vector<store::DeadLetterRecord>> expired =
      SelectExpired(dead_before_us, letters_max);
  if (!expired.ok()) return done(expired.status());
  if (expired->empty()) return done(Expired());
  const bool more = expired->size() == kChangedMax;
  work.letters = *std::move(expired);
  auto answered = std::make_shared<std::function<void(absl::StatusOr<Expired>)>>(std::move(done));
  const absl::Status submitted = Submit(std::make_unique<DeadLetterChange>(
      changes_, std::move(work),
      [answered, more](absl::StatusOr<DeadLetterChange::Outcome> outcome) {
        if (!outcome.ok()) return (*answered)(outcome.status());
        (*answered)(Expired{std::move(outcome->by_target), more});
      }));
  if (!submitted.ok()) (*answered)(submitted);
}

}  // namespace pavane::admin
