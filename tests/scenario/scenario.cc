#include "tests/scenario/scenario.h"

#include <algorithm>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "absl/time/time.h"

#include "base/status_macros.h"
#include "pavane/admin/v1/dead_letter.pb.h"
#include "pavane/v1/errors.pb.h"
#include "xxhash.h"

namespace pavane::testing {
namespace {

using delivery::Harness;
using pavane::v1::Ordering;
using Words = std::vector<std::string>;

absl::Status Bad(absl::string_view what) { return absl::InvalidArgumentError(what); }

void SetSeconds(absl::string_view text, google::protobuf::Duration* out) {
  absl::Duration duration;
  if (absl::ParseDuration(std::string(text), &duration)) {
    out->set_seconds(absl::ToInt64Seconds(duration));
  }
}

void ApplyOption(absl::string_view option, pavane::admin::v1::Target& target) {
  uint32_t number = 0;
  if (absl::ConsumePrefix(&option, "retries=") && absl::SimpleAtoi(option, &number)) {
    target.mutable_retry_policy()->set_retries_max(number);
  } else if (absl::ConsumePrefix(&option, "age=")) {
    SetSeconds(option, target.mutable_retry_policy()->mutable_age_max());
  } else if (absl::ConsumePrefix(&option, "lease=")) {
    SetSeconds(option, target.mutable_lease_policy()->mutable_lease());
  } else if (option == "ordering=key") {
    target.mutable_ordering()->set_mode(Ordering::KEY);
  } else if (option == "block") {
    target.mutable_ordering()->set_on_dead_letter(Ordering::BLOCK);
  }
}

const char* KindOf(const targets::OutgoingDelivery& delivery) {
  switch (delivery.kind) {
    case targets::DeliveryKind::kLive:
      return "live";
    case targets::DeliveryKind::kRedelivery:
      return "again";
    case targets::DeliveryKind::kRedrive:
      return "redriven";
  }
  return "";
}

absl::StatusOr<uint64_t> SequenceIn(const Words& words) {
  uint64_t sequence = 0;
  if (words.size() < 2 || !absl::SimpleAtoi(words[1], &sequence)) return Bad("no sequence");
  return sequence;
}

decltype(delivery::SettlementRequest::outcome) OutcomeIn(const Words& words) {
  if (words[0] == "ack") return delivery::Ack{};
  if (words[0] == "release") return delivery::Release{};
  const std::string code = words.size() > 2 ? words[2] : "";
  if (words[0] == "reject") return delivery::Reject{code, "", nullptr};
  delivery::Nack nack;
  absl::Duration delay;
  if (absl::ParseDuration(code, &delay)) nack.delay = delay;
  return nack;
}

}  // namespace

absl::StatusOr<std::string> Scenario::Run(absl::string_view text) {
  int number = 0;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    ++number;
    const bool command = absl::StartsWith(line, "> ");
    const bool kept = command || line.empty() || absl::StartsWith(line, "#");
    if (!kept) continue;  // what should come
    absl::StrAppend(&out_, line, "\n");
    if (!command) continue;
    const absl::Status said = Say(absl::StrSplit(line.substr(2), ' ', absl::SkipEmpty()));
    if (!said.ok()) return Bad(absl::StrCat("line ", number, ": ", said.message()));
    Watch();
  }
  // Lines end with a line feed, and the text ends with a line.
  while (absl::EndsWith(out_, "\n\n")) out_.pop_back();
  return std::move(out_);
}

absl::Status Scenario::Say(const Words& words) {
  const std::string verb = words.empty() ? "" : words[0];
  if (verb == "target") return Put(words);
  if (verb == "connect" && words.size() > 1) {
    Connect(words);
  } else if (verb == "publish") {
    Publish(words);
  } else if (verb == "ack" || verb == "nack" || verb == "release" || verb == "reject") {
    return Settle(words);
  } else if (verb == "redrive" || verb == "skip" || verb == "purge") {
    return ChangeLetter(words);
  } else if (verb == "stats" && words.size() > 1) {
    return Stats(words);
  } else if (verb == "kill" || verb == "stop") {
    harness_.Restart(verb == "stop");
    clients_.clear();
  } else if ((verb == "pause" || verb == "resume") && words.size() > 1) {
    for (auto& [name, target] : targets_) {
      if (name == words[1]) target.paused = verb == "pause";
    }
    PutAll();
  } else if (absl::Duration by;
             verb == "advance" && words.size() > 1 && absl::ParseDuration(words[1], &by)) {
    harness_.Advance(by);
    harness_.Advance(absl::ZeroDuration());  // what the first look has found due has its effect
  } else {
    return Bad(absl::StrCat("no command '", verb, "'"));
  }
  return absl::OkStatus();
}

absl::Status Scenario::Put(const Words& words) {
  if (words.size() < 3) return Bad("target ID ADDRESS");
  targets_.emplace_back(words[1], Target{words, false, {}});
  PutAll();
  return absl::OkStatus();
}

void Scenario::PutAll() {
  std::vector<Harness::TargetSpec> specs;
  for (const auto& [name, target] : targets_) {
    specs.push_back(
        {name, target.definition[2], [&target = target](pavane::admin::v1::Target& definition) {
           for (const std::string& word : target.definition) {
             ApplyOption(word, definition);
           }
           definition.set_paused(target.paused);
         }});
  }
  const std::vector<TargetId> ids = harness_.PutRule("rule", specs);
  for (size_t i = 0; i < ids.size(); ++i) targets_[i].second.id = ids[i];
}

void Scenario::Connect(const Words& words) {
  uint32_t credit = 100;
  if (words.size() > 2 && !absl::SimpleAtoi(words[2], &credit)) credit = 100;
  const auto old = clients_.find(words[1]);
  if (old != clients_.end()) {
    harness_.dispatcher().CloseSession(old->second.opened.id, delivery::CloseKind::kOrderly);
  }
  clients_[words[1]] = harness_.Connect(words[1], credit);
}

void Scenario::Publish(const Words& words) {
  std::vector<TargetId> ids;
  for (const auto& [name, target] : targets_) ids.push_back(target.id);
  std::vector<uint64_t> keys;
  for (size_t i = 1; i < words.size(); ++i) {
    keys.push_back(words[i] == "-" ? 0 : XXH3_64bits(words[i].data(), words[i].size()));
  }
  if (keys.empty()) keys.push_back(0);
  harness_.PublishKeyed(ids, keys);
}

absl::Status Scenario::Settle(const Words& words) {
  ASSIGN_OR_RETURN(const uint64_t sequence, SequenceIn(words));
  const auto held = held_.find(sequence);
  if (held == held_.end()) return Bad("it was never delivered");
  const auto answer = harness_.SettleOne(held->second.first, held->second.second, OutcomeIn(words));
  if (answer.refusal) {
    absl::StrAppend(&out_, "  refused ", pavane::v1::Reason_Name(answer.refusal->reason), "\n");
  } else if (answer.repeated) {
    absl::StrAppend(&out_, "  repeated\n");
  }
  return absl::OkStatus();
}

absl::Status Scenario::ChangeLetter(const Words& words) {
  ASSIGN_OR_RETURN(const uint64_t sequence, SequenceIn(words));
  for (const store::DeadLetterRecord& letter : harness_.DeadLetters()) {
    if (letter.ref.event.sequence.value() != sequence) continue;
    if (words[0] == "redrive") {
      harness_.Redrive(letter);
    } else if (words[0] == "skip") {
      harness_.Skip(letter);
    } else {
      harness_.Purge(letter);
    }
    return absl::OkStatus();
  }
  return Bad("there is no such dead letter");
}

absl::Status Scenario::Stats(const Words& words) {
  for (const auto& [name, target] : targets_) {
    if (name != words[1]) continue;
    const delivery::TargetStats stats = harness_.Stats(target.id);
    uint64_t failed = 0;
    for (uint64_t count : stats.counters.failed_by_reason) failed += count;
    absl::StrAppend(&out_, "  queued ", stats.queued, ", in flight ", stats.in_flight, ", parked ",
                    stats.parked, ", blocked keys ", stats.blocked_keys, "; created ",
                    stats.counters.created, ", attempts ", stats.counters.attempts, ", acked ",
                    stats.counters.successes, ", failed ", failed, "\n");
    return absl::OkStatus();
  }
  return Bad("no such target");
}

void Scenario::Watch() {
  for (auto& [service, client] : clients_) {
    for (const std::string& id : client.session->TakeLost()) {
      absl::StrAppend(&out_, "  ", service, " lost ", sequences_[id], "\n");
    }
  }
  for (const store::DeadLetterRecord& letter : harness_.DeadLetters()) {
    if (letter.id <= last_letter_) continue;
    last_letter_ = letter.id;
    absl::StrAppend(&out_, "  dead ", letter.ref.event.sequence.value(), " ",
                    pavane::admin::v1::FailureReason_Name(
                        static_cast<pavane::admin::v1::FailureReason>(letter.reason)),
                    " ", letter.error_code, ", attempts ", letter.attempts,
                    letter.blocks_key ? ", blocks its key" : "", "\n");
  }
  for (auto& [service, client] : clients_) {
    for (const auto& delivery : client.session->Take()) {
      const uint64_t sequence = delivery.event->ref.sequence.value();
      held_[sequence] = {service, delivery.delivery_id};
      sequences_[delivery.delivery_id] = sequence;
      absl::StrAppend(&out_, "  ", service, " gets ", sequence, ", attempt ", delivery.attempt,
                      ", ", KindOf(delivery), delivery.out_of_order ? ", out of order" : "", "\n");
    }
  }
}

}  // namespace pavane::testing
