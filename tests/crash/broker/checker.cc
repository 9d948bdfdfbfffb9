#include "tests/crash/broker/checker.h"

#include <chrono>
#include <map>
#include <set>
#include <thread>

#include "pavane/admin/v1/dead_letter.grpc.pb.h"
#include "pavane/admin/v1/event.grpc.pb.h"
#include "pavane/admin/v1/system.grpc.pb.h"
#include "tests/crash/broker/answer_log.h"

namespace pavane::crash {
namespace {

namespace admin = pavane::admin::v1;

constexpr size_t kProblemsShown = 50;

void SetDeadline(grpc::ClientContext& context) {
  context.set_wait_for_ready(true);
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
}

std::string CauseOf(const io::cloudevents::v1::CloudEvent& event) {
  auto found = event.attributes().find("causationid");
  return found == event.attributes().end() ? "" : found->second.ce_string();
}

}  // namespace

// What the broker says it has.
struct Checker::Facts {
  std::map<std::string, uint64_t> sequence_of;              // published events by id
  std::map<uint64_t, std::string> id_at;                    // all events
  std::map<std::string, std::vector<uint64_t>> done_of;     // emitted by an ack, by cause
  std::map<std::string, std::vector<uint64_t>> refused_of;  // emitted by a reject, by cause
  std::set<std::string> works;
  std::map<std::string, int> dead;                    // dead letters by event id
  std::map<std::string, admin::TargetStats> targets;  // by rule
};

Checker::Checker(const Daemon& daemon, std::string folder)
    : daemon_(daemon), folder_(std::move(folder)) {}

void Checker::Problem(const std::string& what) {
  if (problems_.size() < kProblemsShown) problems_.push_back(what);
}

bool Checker::AwaitQuiet() {
  auto stub = admin::SystemAdmin::NewStub(daemon_.Connect());
  for (int round = 0; round < 1200; ++round) {
    grpc::ClientContext context;
    SetDeadline(context);
    admin::GetStatsResponse stats;
    if (stub->GetStats(&context, {}, &stats).ok() && stats.queued() == 0 &&
        stats.in_flight() == 0) {
      return true;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  return false;
}

void Checker::ReadBroker(Facts& facts) {
  auto events = admin::EventAdmin::NewStub(daemon_.Connect());
  admin::ListEventsRequest request;
  request.set_page_size(1000);
  do {
    grpc::ClientContext context;
    SetDeadline(context);
    admin::ListEventsResponse page;
    if (!events->ListEvents(&context, request, &page).ok()) return Problem("ListEvents failed");
    for (const admin::StoredEvent& stored : page.events()) {
      const std::string& id = stored.event().id();
      facts.id_at[stored.sequence()] = id;
      ++events_;
      if (stored.event().type() == "Done") {
        facts.done_of[CauseOf(stored.event())].push_back(stored.sequence());
      } else if (stored.event().type() == "Refused") {
        facts.refused_of[CauseOf(stored.event())].push_back(stored.sequence());
      } else {
        if (!facts.sequence_of.emplace(id, stored.sequence()).second) {
          Problem("event " + id + " is stored twice");
        }
        if (stored.event().type() == "Work") facts.works.insert(id);
      }
    }
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());

  auto letters = admin::DeadLetterAdmin::NewStub(daemon_.Connect());
  admin::ListDeadLettersRequest list;
  list.set_page_size(1000);
  do {
    grpc::ClientContext context;
    SetDeadline(context);
    admin::ListDeadLettersResponse page;
    if (!letters->ListDeadLetters(&context, list, &page).ok()) {
      return Problem("ListDeadLetters failed");
    }
    for (const admin::DeadLetter& letter : page.dead_letters()) ++facts.dead[letter.event_id()];
    list.set_page_token(page.next_page_token());
  } while (!list.page_token().empty());

  auto system = admin::SystemAdmin::NewStub(daemon_.Connect());
  grpc::ClientContext context;
  SetDeadline(context);
  admin::ListTargetStatsResponse stats;
  if (!system->ListTargetStats(&context, {}, &stats).ok()) return Problem("ListTargetStats failed");
  for (const admin::TargetStats& target : stats.targets()) facts.targets[target.rule()] = target;
}

void Checker::CheckPublishes(const Facts& facts) {
  for (const auto& line : AnswerLog::Read(folder_ + "/publisher.log")) {
    ++acknowledgements_;
    auto found = facts.sequence_of.find(line[0]);
    if (found == facts.sequence_of.end()) {
      Problem("acknowledged event " + line[0] + " is lost");
    } else if (std::to_string(found->second) != line[1]) {
      Problem("event " + line[0] + " was acknowledged as " + line[1] + " and is stored as " +
              std::to_string(found->second));
    }
    if (line[3] != "1") Problem("event " + line[0] + " matched " + line[3] + " rules, not 1");
  }
}

void Checker::CheckSettlements(const Facts& facts) {
  for (const auto& line : AnswerLog::Read(folder_ + "/worker.log")) {
    const std::string& what = line[0];
    if (what == "got" || what == "refused") continue;
    ++acknowledgements_;
    const std::string& id = line[1];
    if (what == "nack") continue;
    const auto& emitted = what == "ack" ? facts.done_of : facts.refused_of;
    auto found = emitted.find(id);
    if (found == emitted.end()) {
      Problem("the accepted " + what + " of " + id + " has lost its emit");
    } else if (std::to_string(found->second[0]) != line[2]) {
      Problem("the emit of " + id + " was answered as " + line[2]);
    }
    if (what == "reject" && !facts.dead.contains(id)) {
      Problem("the accepted reject of " + id + " has lost its dead letter");
    }
  }
  for (const auto& line : AnswerLog::Read(folder_ + "/sink.log")) {
    if (line[0] == "ack") ++acknowledgements_;
  }
}

void Checker::CheckWhole(const Facts& facts) {
  std::set<std::string> got_work;
  std::set<std::string> got_sink;
  for (const auto& line : AnswerLog::Read(folder_ + "/worker.log")) {
    if (line[0] == "got") got_work.insert(line[1]);
  }
  for (const auto& line : AnswerLog::Read(folder_ + "/sink.log")) {
    if (line[0] == "got") got_sink.insert(line[1]);
  }
  for (const std::string& id : facts.works) {
    if (!got_work.contains(id)) Problem("event " + id + " was never delivered");
    auto done = facts.done_of.find(id);
    auto refused = facts.refused_of.find(id);
    const size_t acks = done == facts.done_of.end() ? 0 : done->second.size();
    const size_t rejects = refused == facts.refused_of.end() ? 0 : refused->second.size();
    const size_t dead = facts.dead.contains(id) ? facts.dead.at(id) : 0;
    if (acks + rejects != 1) {
      Problem("event " + id + " ended " + std::to_string(acks + rejects) + " times");
    }
    if (rejects != dead) {
      Problem("event " + id + " has " + std::to_string(rejects) + " reject emits and " +
              std::to_string(dead) + " dead letters: half a settlement");
    }
  }
  for (const auto& [cause, sequences] : facts.done_of) {
    for (uint64_t sequence : sequences) {
      if (!got_sink.contains(facts.id_at.at(sequence))) {
        Problem("emitted event at " + std::to_string(sequence) + " was never delivered");
      }
    }
  }
  uint64_t expected = 1;
  for (const auto& [sequence, id] : facts.id_at) {
    if (sequence != expected++) {
      Problem("the bus has a gap before " + std::to_string(sequence));
      break;
    }
  }
  const admin::TargetStats& work = facts.targets.at("work");
  if (work.created() != facts.works.size()) {
    Problem("target work counts " + std::to_string(work.created()) + " deliveries for " +
            std::to_string(facts.works.size()) + " events");
  }
  if (work.failed_invocations() != facts.dead.size()) {
    Problem("FailedInvocations is " + std::to_string(work.failed_invocations()) + " for " +
            std::to_string(facts.dead.size()) + " dead letters");
  }
  if (work.successes() + work.failed_invocations() != work.created()) {
    Problem("successes and failures do not add up to the deliveries");
  }
}

void Checker::CheckRules(const Facts& facts) {
  for (const auto& line : AnswerLog::Read(folder_ + "/changer.log")) {
    ++acknowledgements_;
    if (!facts.sequence_of.contains(line[0])) Problem("probe " + line[0] + " is lost");
    if (line[2] != line[3]) {
      Problem("probe " + line[0] + " matched " + line[2] + " rules, " + line[3] + " were in force");
    }
  }
}

void Checker::Check() {
  Facts facts;
  ReadBroker(facts);
  if (!problems_.empty()) return;
  CheckPublishes(facts);
  CheckSettlements(facts);
  CheckWhole(facts);
  CheckRules(facts);
}

}  // namespace pavane::crash
