#include "tests/unit/delivery/delivery_model.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

#include "base/status_macros.h"

namespace pavane::delivery {
namespace {

constexpr char kSeat[] = "seat";
constexpr char kTicket[] = "ticket";
constexpr absl::Duration kShortAge = absl::Seconds(60);
constexpr uint32_t kShortRetries = 2;
constexpr uint64_t kKeys = 6;
constexpr uint64_t kKeyBase = 1000;
constexpr size_t kLettersMax = 60;

Dispatcher::Options SmallBounds() {
  Dispatcher::Options options;
  options.window_max = 16;  // small, so that queues spill to the log and keys reach their bound
  options.checkpoint_interval = absl::Seconds(20);
  return options;
}

// Nothing ends by itself.
void Patient(pavane::admin::v1::Target& target) {
  target.mutable_retry_policy()->set_retries_max(185);
  target.mutable_retry_policy()->mutable_age_max()->set_seconds(3650 * 24 * 3600ll);
}

void ByKey(pavane::v1::Ordering::OnDeadLetter on_dead_letter, pavane::admin::v1::Target& target) {
  target.mutable_ordering()->set_mode(pavane::v1::Ordering::KEY);
  target.mutable_ordering()->set_on_dead_letter(on_dead_letter);
}

}  // namespace

DeliveryModel::DeliveryModel(uint64_t seed) : random_(seed), harness_(SmallBounds()) {
  PutRule();
  Reconnect(kSeat);
  Reconnect(kTicket);
}

void DeliveryModel::PutRule() {
  using pavane::v1::Ordering;
  const auto with = [this](int kind, std::function<void(pavane::admin::v1::Target&)> set) {
    return [paused = bool(paused_[kind]), set](pavane::admin::v1::Target& target) {
      Patient(target);
      target.set_paused(paused);
      if (set) set(target);
    };
  };
  targets_ = harness_.PutRule(
      "rule",
      {{"a", "service:seat", with(kPlain, {})},
       {"b", "service:seat", with(kPlainToo, {})},
       {"c", "service:ticket", with(kOther, {})},
       {"d", "service:seat",
        with(kContinue, [](auto& target) { ByKey(Ordering::CONTINUE, target); })},
       {"e", "service:ticket", with(kBlock, [](auto& target) { ByKey(Ordering::BLOCK, target); })},
       {"f", "service:ticket", with(kShortLived, [](auto& target) {
          ByKey(Ordering::CONTINUE, target);
          target.mutable_retry_policy()->set_retries_max(kShortRetries);
          target.mutable_retry_policy()->mutable_age_max()->set_seconds(
              absl::ToInt64Seconds(kShortAge));
        })}});
}

absl::Status DeliveryModel::Fail(const std::string& what) const {
  return absl::InternalError(absl::StrCat("operation ", operation_, ": ", what));
}

std::string DeliveryModel::Show(const Id& id) const {
  const auto place = std::find(targets_.begin(), targets_.end(), id.first) - targets_.begin();
  return absl::StrCat(std::string(1, static_cast<char>('a' + place)), "/", id.second);
}

bool DeliveryModel::Ordered(TargetId target) const {
  return target == targets_[kContinue] || target == targets_[kBlock] ||
         target == targets_[kShortLived];
}

const char* DeliveryModel::ServiceOf(TargetId target) const {
  const bool seat =
      target == targets_[kPlain] || target == targets_[kPlainToo] || target == targets_[kContinue];
  return seat ? kSeat : kTicket;
}

std::string DeliveryModel::Summary() const {
  std::string text;
  for (const auto& [what, count] : happened_) absl::StrAppend(&text, " ", what, " ", count, ",");
  return text.empty() ? text : text.substr(1, text.size() - 2);
}

absl::Status DeliveryModel::Run(uint64_t operations) {
  for (operation_ = 1; operation_ <= operations; ++operation_) {
    RETURN_IF_ERROR(Step());
    RETURN_IF_ERROR(Observe());
  }
  return Finish();
}

// ---- operations

absl::Status DeliveryModel::Step() {
  switch (Below(16)) {
    case 0:
    case 1:
    case 2:
      Publish();
      break;
    case 3:
      harness_.Advance(absl::Milliseconds(Below(4000)));
      break;
    case 4:
      if (Below(3) == 0) harness_.Advance(absl::Seconds(40));  // every lease ends
      break;
    case 5:
      if (Below(4) == 0) return Restart(Below(2) == 0);
      break;
    case 6:
      Reconnect(Below(2) == 0 ? kSeat : kTicket);
      break;
    case 7:
      if (Below(4) == 0) Pause();
      break;
    case 8:
      if (Below(8) == 0) JumpWall();
      break;
    case 9:
      ChangeLetter();
      break;
    default:
      return Settle();
  }
  return absl::OkStatus();
}

void DeliveryModel::Publish() {
  std::vector<TargetId> chosen;
  for (TargetId target : targets_) {
    if (Below(3) > 0) chosen.push_back(target);
  }
  std::vector<uint64_t> keys(Below(20) + 1);
  for (uint64_t& key : keys) {
    const uint64_t number = Below(kKeys);
    key = number == 0 ? 0 : kKeyBase + number;
  }
  const Sequence first = harness_.PublishKeyed(chosen, keys);
  for (size_t i = 0; i < keys.size(); ++i) {
    for (TargetId target : chosen) {
      open_[{target, first.value() + i}] = {.key = keys[i], .since = harness_.clock().Now()};
      ++created_[target];
    }
  }
  happened_["published"] += keys.size();
}

absl::Status DeliveryModel::Settle() {
  if (held_.empty()) return absl::OkStatus();
  const auto place = held_.begin() + static_cast<ptrdiff_t>(Below(held_.size()));
  const Held held = *place;
  held_.erase(place);
  return SettleHeld(held, Below(12));
}

absl::Status DeliveryModel::SettleHeld(const Held& held, uint64_t kind) {
  decltype(SettlementRequest::outcome) outcome = Ack{};
  if (kind == 0) outcome = Nack{absl::Seconds(Below(20)), "BUSY", "later"};
  if (kind == 1) outcome = Reject{"NO", "never", nullptr};
  if (kind == 2) outcome = Release{};
  if (kind == 3) outcome = Nack{std::nullopt, "BUSY", "later"};
  const SettlementAnswer answer =
      harness_.SettleOne(held.service, held.delivery_id, std::move(outcome));
  if (answer.refusal) {
    ++happened_["fenced"];
    if (answer.refusal->reason == pavane::v1::LEASE_EXPIRED) return absl::OkStatus();
    return Fail(absl::StrCat("settling ", Show(held.id), ": ", answer.refusal->message));
  }
  auto open = open_.find(held.id);
  if (open == open_.end()) return Fail(absl::StrCat(Show(held.id), " was settled after its end"));
  if (kind == 0 || kind == 3) ++open->second.nacks;
  if (kind == 1) rejected_.insert(held.id);
  ++happened_[kind == 1 ? "rejected" : kind == 2 ? "released" : kind <= 3 ? "nacked" : "acked"];
  if (kind <= 3) return absl::OkStatus();
  ++acked_[held.id.first];
  open_.erase(open);
  return absl::OkStatus();
}

absl::Status DeliveryModel::Restart(bool checkpoint) {
  ++happened_[checkpoint ? "stopped" : "killed"];
  harness_.Restart(checkpoint);
  clients_.clear();
  // Letters written before the kill and not yet seen count: the station knows of them.
  RETURN_IF_ERROR(SeeLetters());
  std::map<TargetId, uint64_t> open;
  for (const auto& [id, delivery] : open_) ++open[id.first];
  for (TargetId target : targets_) {
    const uint64_t unsettled = harness_.dispatcher().unsettled(target);
    if (unsettled == open[target]) continue;
    return Fail(absl::StrCat("after a restart ", unsettled, " are unsettled, not ", open[target]));
  }
  Reconnect(kSeat);
  Reconnect(kTicket);
  return absl::OkStatus();
}

void DeliveryModel::Reconnect(const std::string& service) {
  auto old = clients_.find(service);
  if (old != clients_.end()) {
    ++happened_["reconnected"];
    harness_.dispatcher().CloseSession(old->second.opened.id,
                                       Below(2) == 0 ? CloseKind::kLost : CloseKind::kOrderly);
  }
  clients_[service] = harness_.Connect(service, static_cast<uint32_t>(Below(40)) + 5);
}

void DeliveryModel::Pause() {
  const size_t kind = Below(kTargets);
  paused_[kind] = !paused_[kind];
  ++happened_["paused or resumed"];
  PutRule();
}

void DeliveryModel::JumpWall() {
  const absl::Duration by = absl::Seconds(Below(1200)) - absl::Seconds(600);
  if (behind_ - by > absl::Hours(1)) return;
  behind_ -= std::min(by, behind_);
  ++happened_["clock jumps"];
  harness_.clock().SetWall(harness_.clock().Now() + by);
  harness_.Sync();
}

void DeliveryModel::ChangeLetter() {
  if (letters_.empty()) return;
  auto chosen = letters_.begin();
  std::advance(chosen, Below(letters_.size()));
  const store::DeadLetterRecord letter = chosen->second;
  const Id id(letter.ref.target, letter.ref.event.sequence.value());
  letters_.erase(chosen);
  const uint64_t kind = letters_.size() > kLettersMax ? 2 : Below(3);
  if (kind == 0) {
    open_[id] = {.key = letter.key_hash,
                 .since = harness_.clock().Now(),
                 .redriven = true,
                 .in_order = letter.blocks_key};
    ++happened_["redriven"];
    harness_.Redrive(letter);
  } else if (kind == 1) {
    skipping_.insert(id);
    ++happened_["skipped"];
    harness_.Skip(letter);
  } else {
    ++happened_["purged"];
    harness_.Purge(letter);
  }
}

// ---- looking at the station

absl::Status DeliveryModel::Observe() {
  RETURN_IF_ERROR(SeeLetters());
  return SeeDeliveries();
}

absl::Status DeliveryModel::SeeLetters() {
  for (TargetId target : targets_) {
    std::vector<store::DeadLetterRecord> letters;
    RETURN_IF_ERROR(
        harness_.log().VisitDeadLetters(store::Log::DeadLetterKey{target, last_letter_[target]},
                                        target, [&](const store::DeadLetterRecord& letter) {
                                          letters.push_back(letter);
                                          return true;
                                        }));
    for (const store::DeadLetterRecord& letter : letters) {
      last_letter_[target] = letter.id;
      RETURN_IF_ERROR(SeeLetter(letter));
    }
  }
  if (rejected_.empty()) return absl::OkStatus();
  return Fail(absl::StrCat(Show(*rejected_.begin()), " was rejected, but is no dead letter"));
}

absl::Status DeliveryModel::SeeLetter(const store::DeadLetterRecord& letter) {
  const Id id(letter.ref.target, letter.ref.event.sequence.value());
  letters_[letter.id] = letter;
  if (skipping_.erase(id) > 0) return absl::OkStatus();
  const auto open = open_.find(id);
  if (open == open_.end()) return Fail(absl::StrCat(Show(id), " was given up after its end"));
  const bool rejected = rejected_.erase(id) > 0;
  const bool short_lived = id.first == targets_[kShortLived];
  using Reason = store::FailureReason;
  const absl::Duration age = absl::FromUnixMicros(letter.dead_us) - open->second.since;
  const bool right = (letter.reason == Reason::kRejected && rejected) ||
                     (letter.reason == Reason::kRetriesExhausted && short_lived &&
                      letter.attempts > kShortRetries) ||
                     (letter.reason == Reason::kAgeExceeded && short_lived && age >= kShortAge);
  if (!right) return Fail(absl::StrCat(Show(id), " was given up for reason ", int(letter.reason)));
  const bool blocks = Blocking(id.first) && open->second.key != 0;
  if (letter.blocks_key != blocks || letter.key_hash != open->second.key) {
    return Fail(absl::StrCat("the dead letter of ", Show(id), " has another key"));
  }
  ++failed_[{id.first, letter.reason}];
  ++happened_["given up"];
  open_.erase(open);
  return absl::OkStatus();
}

// Takes what was delivered; credit comes back as it does with a real client.
absl::Status DeliveryModel::SeeDeliveries() {
  for (auto& [service, client] : clients_) {
    const auto deliveries = client.session->Take();
    for (const auto& delivery : deliveries) RETURN_IF_ERROR(SeeDelivery(service, delivery));
    if (deliveries.empty()) continue;
    harness_.dispatcher().AddCredit(client.opened.id, static_cast<uint32_t>(deliveries.size()), 0);
  }
  return absl::OkStatus();
}

absl::Status DeliveryModel::SeeDelivery(const std::string& service,
                                        const targets::OutgoingDelivery& delivery) {
  const Id id(targets_[static_cast<size_t>(delivery.names->target[0] - 'a')],
              delivery.event->ref.sequence.value());
  ++happened_["delivered"];
  const auto open = open_.find(id);
  if (open == open_.end()) return Fail(absl::StrCat(Show(id), " was delivered after its end"));
  if (ServiceOf(id.first) != service) return Fail(absl::StrCat(Show(id), " went to ", service));
  const bool late = open->second.redriven && !open->second.in_order && open->second.key != 0;
  if (delivery.out_of_order != late) {
    return Fail(absl::StrCat(Show(id), late ? " is not" : " is", " marked out of order"));
  }
  if (Ordered(id.first) && open->second.key != 0) RETURN_IF_ERROR(CheckOrder(id, open->second));
  held_.push_back({service, delivery.delivery_id, id});
  return absl::OkStatus();
}

absl::Status DeliveryModel::CheckOrder(const Id& id, const Open& open) {
  for (auto lower = open_.lower_bound({id.first, 0}); lower->first < id; ++lower) {
    const bool late = lower->second.redriven && !lower->second.in_order;
    if (lower->second.key != open.key || late || (open.redriven && !open.in_order)) continue;
    return Fail(absl::StrCat(Show(id), " passed ", Show(lower->first), " of its key"));
  }
  for (const Held& held : held_) {
    if (held.id.first != id.first || held.id == id) continue;
    const auto other = open_.find(held.id);
    if (other == open_.end() || other->second.key != open.key) continue;
    if (!harness_.Extend(held.service, held.delivery_id)) continue;
    return Fail(absl::StrCat(Show(id), " is out while ", Show(held.id), " of its key is"));
  }
  if (!Blocking(id.first)) return absl::OkStatus();
  for (const auto& [number, letter] : letters_) {
    if (letter.ref.target != id.first || !letter.blocks_key || letter.key_hash != open.key)
      continue;
    if (letter.ref.event.sequence.value() >= id.second) continue;
    return Fail(absl::StrCat(Show(id), " passed a dead letter that blocks its key"));
  }
  return absl::OkStatus();
}

// ---- the end

// Lets everything go on and acks it; then the counts must be the model's.
absl::Status DeliveryModel::Finish() {
  ++operation_;
  paused_.assign(kTargets, false);
  PutRule();
  for (auto& [service, client] : clients_) {
    harness_.dispatcher().AddCredit(client.opened.id, 1000, 0);
  }
  for (int round = 0; round < 3000 && !open_.empty(); ++round) {
    for (const auto& [number, letter] : std::map(letters_)) {
      letters_.erase(number);
      harness_.Purge(letter);  // the keys that it blocks go on
    }
    harness_.Advance(absl::Seconds(8));  // well within a lease
    RETURN_IF_ERROR(Observe());
    for (const Held& held : std::exchange(held_, {})) RETURN_IF_ERROR(SettleHeld(held, 11));
    RETURN_IF_ERROR(Observe());
  }
  if (!open_.empty()) {
    return Fail(absl::StrCat(open_.size(), " deliveries are lost, ", Show(open_.begin()->first)));
  }
  return CheckCounters();
}

absl::Status DeliveryModel::CheckCounters() {
  for (TargetId target : targets_) {
    const TargetStats stats = harness_.Stats(target);
    bool same = stats.counters.successes == acked_[target] &&
                stats.counters.created == created_[target] &&
                stats.queued + stats.in_flight + stats.parked == 0 && !stats.stalled;
    for (int reason = 1; reason <= store::kFailureReasons; ++reason) {
      same = same && stats.counters.failed_by_reason[reason] ==
                         failed_[{target, static_cast<store::FailureReason>(reason)}];
    }
    if (!same) return Fail(absl::StrCat("the counters of ", Show({target, 0}), " differ"));
  }
  return absl::OkStatus();
}

}  // namespace pavane::delivery
