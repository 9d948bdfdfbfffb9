#include "tests/crash/broker/checker.h"

#include <algorithm>
#include <set>

#include "tests/crash/broker/answer_log.h"

namespace pavane::crash {
namespace {

constexpr size_t kProblemsShown = 50;

template <typename Value>
Value ValueOr(const std::map<std::string, Value>& map, const std::string& key) {
  auto found = map.find(key);
  return found == map.end() ? Value() : found->second;
}

uint64_t Sum(const std::map<std::string, uint64_t>& counts) {
  uint64_t sum = 0;
  for (const auto& [key, count] : counts) sum += count;
  return sum;
}

uint64_t Sum(const std::map<std::string, std::vector<uint64_t>>& lists) {
  uint64_t sum = 0;
  for (const auto& [key, list] : lists) sum += list.size();
  return sum;
}

std::string Text(uint64_t number) { return std::to_string(number); }

}  // namespace

Checker::Checker(BrokerFacts facts, std::string folder)
    : facts_(std::move(facts)), folder_(std::move(folder)), problems_(facts_.problems) {}

void Checker::Problem(const std::string& what) {
  if (problems_.size() < kProblemsShown) problems_.push_back(what);
}

void Checker::Check() {
  if (!problems_.empty()) return;  // what was not read cannot be judged
  CheckPublishes();
  ReadWorkerLog();
  FollowAttempts();
  CheckEnds();
  CheckSink();
  CheckNumbers();
  CheckCounters();
  CheckFailures();
  CheckRules();
  CheckUnsettled();
}

void Checker::CheckPublishes() {
  for (const auto& line : AnswerLog::Read(folder_ + "/publisher.log")) {
    ++acknowledgements_;
    auto found = facts_.sequence_of.find(line[0]);
    if (found == facts_.sequence_of.end()) {
      Problem("acknowledged event " + line[0] + " is lost");
    } else if (Text(found->second) != line[1]) {
      Problem("event " + line[0] + " was acknowledged as " + line[1] + " and is stored as " +
              Text(found->second));
    }
    if (line[3] != "1") Problem("event " + line[0] + " matched " + line[3] + " rules, not 1");
  }
}

void Checker::ReadWorkerLog() {
  for (const auto& line : AnswerLog::Read(folder_ + "/worker.log")) {
    const std::string& what = line[0];
    if (what == "got") {
      ++worker_.gots[line[1]];
    } else if (what == "late") {
      ++acknowledgements_;
      if (line[2] == "accepted") Problem("a late settlement of " + line[1] + " was accepted");
    } else if (what == "ack" || what == "reject") {
      ++acknowledgements_;
      (what == "ack" ? worker_.acks : worker_.rejects)[line[1]].push_back(std::stoul(line[3]));
    } else if (what == "nack") {
      ++acknowledgements_;
    }
  }
  for (const auto& line : AnswerLog::Read(folder_ + "/redriver.log")) {
    ++acknowledgements_;
    if (line[0] == "redriven") {
      ++redriven_[line[2]];
    } else if (line[0] == "purged") {
      ++purged_[line[2]];
    } else {
      Problem("dead letter " + line[1] + " of " + line[2] + " is " + line[0]);
    }
  }
}

// In the order of the worker's file: after an accepted nack the attempt is higher, after an
// accepted ack there is none.
void Checker::FollowAttempts() {
  std::map<std::string, uint64_t> least;
  std::set<std::string> acked;
  for (const auto& line : AnswerLog::Read(folder_ + "/worker.log")) {
    const std::string& id = line[1];
    if (line[0] == "got") {
      if (acked.contains(id)) Problem("event " + id + " came again after its accepted ack");
      const uint64_t attempt = std::stoul(line[2]);
      if (line[3] == "redriven") least.erase(id);
      if (attempt < ValueOr(least, id)) {
        Problem("event " + id + " came with attempt " + line[2] + " after attempt " +
                Text(least[id] - 1) + " was counted");
      }
    } else if (line[0] == "nack") {
      least[id] = std::max(ValueOr(least, id), std::stoul(line[2]) + 1);
    } else if (line[0] == "ack") {
      acked.insert(id);
    } else if (line[0] == "reject") {
      least.erase(id);
    }
  }
}

void Checker::CheckEnds() {
  for (const std::string& id : facts_.works) {
    if (!worker_.gots.contains(id)) Problem("event " + id + " was never delivered");
    CheckEmits(id, "ack", worker_.acks, facts_.done_of);
    CheckEmits(id, "reject", worker_.rejects, facts_.refused_of);
    const uint64_t done = ValueOr(facts_.done_of, id).size();
    const uint64_t refused = ValueOr(facts_.refused_of, id).size();
    const uint64_t kept = ValueOr(facts_.dead, id);
    const uint64_t redriven = ValueOr(redriven_, id);
    const uint64_t purged = ValueOr(purged_, id);
    if (refused != kept + redriven + purged) {
      Problem("event " + id + " has " + Text(refused) + " reject emits, but " + Text(kept) +
              " dead letters kept, " + Text(redriven) + " redriven, " + Text(purged) +
              " purged: half a settlement, or a dead letter lost");
    }
    if (done + kept + purged != 1) {
      Problem("event " + id + " ended " + Text(done + kept + purged) + " times");
    }
  }
}

// Each emit that is stored has its accepted settlement, and each accepted settlement its emit.
void Checker::CheckEmits(const std::string& id, const std::string& what,
                         const std::map<std::string, std::vector<uint64_t>>& told,
                         const std::map<std::string, std::vector<uint64_t>>& stored) {
  std::vector<uint64_t> answered = ValueOr(told, id);
  std::vector<uint64_t> kept = ValueOr(stored, id);
  std::sort(answered.begin(), answered.end());
  std::sort(kept.begin(), kept.end());
  if (answered == kept) return;
  Problem("event " + id + " had " + Text(answered.size()) + " accepted " + what + "s, and " +
          Text(kept.size()) + " of their emits are stored" +
          (answered.size() == kept.size() ? ", at other numbers" : ""));
}

void Checker::CheckSink() {
  std::map<std::string, uint64_t> acked;
  std::set<std::string> got;
  for (const auto& line : AnswerLog::Read(folder_ + "/sink.log")) {
    if (line[0] == "got") {
      got.insert(line[1]);
      if (acked.contains(line[1])) Problem("event " + line[1] + " came to the sink after its ack");
    }
    if (line[0] == "ack") {
      ++acknowledgements_;
      if (++acked[line[1]] > 1) Problem("event " + line[1] + " was acked twice by the sink");
    }
  }
  for (const auto& [cause, sequences] : facts_.done_of) {
    for (const uint64_t sequence : sequences) {
      const std::string& id = facts_.id_at.at(sequence);
      if (!got.contains(id)) Problem("emitted event " + id + " was never delivered");
      if (!acked.contains(id)) Problem("emitted event " + id + " ended without the sink's ack");
    }
  }
  for (const auto& line : AnswerLog::Read(folder_ + "/changer.log")) {
    const bool matched = line[3] == "1";
    if (got.contains(line[0]) != matched) {
      Problem("probe " + line[0] + (matched ? " was never delivered" : " was delivered unmatched"));
    }
  }
}

void Checker::CheckNumbers() {
  uint64_t expected = 1;
  for (const auto& [sequence, id] : facts_.id_at) {
    if (sequence == expected++) continue;
    return Problem("the bus has a gap before " + Text(sequence));
  }
}

void Checker::CheckCounters() {
  const auto is = [&](const std::string& what, uint64_t found, uint64_t wanted) {
    if (found != wanted) Problem(what + " is " + Text(found) + ", not " + Text(wanted));
  };
  const uint64_t done = Sum(facts_.done_of);
  const uint64_t refused = Sum(facts_.refused_of);
  const auto work = facts_.targets.find("work");
  const auto sink = facts_.targets.find("done");
  if (work == facts_.targets.end() || sink == facts_.targets.end()) {
    return Problem("a rule is lost");
  }
  is("created of work", work->second.created(), facts_.works.size());
  is("successes of work", work->second.successes(), done);
  is("FailedInvocations of work", work->second.failed_invocations(), refused);
  is("sent_to_dead_letters of work", work->second.sent_to_dead_letters(), refused);
  is("dead_letters of work", work->second.dead_letters(), Sum(facts_.dead));
  is("lost of work", work->second.lost() + work->second.discarded(), 0);
  is("created of done", sink->second.created(), done);
  is("successes of done", sink->second.successes(), done);
  is("FailedInvocations of done", sink->second.failed_invocations(), 0);
}

void Checker::CheckFailures() {
  uint64_t before = 0;
  for (const auto& line : AnswerLog::Read(folder_ + "/failures.log")) {
    const uint64_t failed = std::stoul(line[1]);
    if (failed < before) {
      Problem("FailedInvocations fell from " + Text(before) + " to " + Text(failed));
    }
    if (failed < std::stoul(line[2])) {
      Problem("FailedInvocations was " + line[1] + " after " + line[2] + " accepted rejects");
    }
    before = failed;
  }
}

void Checker::CheckRules() {
  for (const auto& line : AnswerLog::Read(folder_ + "/changer.log")) {
    acknowledgements_ += 2;  // the change, the probe
    auto found = facts_.sequence_of.find(line[0]);
    if (found == facts_.sequence_of.end() || Text(found->second) != line[1]) {
      Problem("probe " + line[0] + " is lost");
    }
    if (line[2] != line[3]) {
      Problem("probe " + line[0] + " matched " + line[2] + " rules, " + line[3] + " were in force");
    }
  }
}

void Checker::CheckUnsettled() {
  for (const auto& line : AnswerLog::Read(folder_ + "/unsettled.log")) {
    ++acknowledgements_;
    if (line[1] != line[2]) {
      Problem("deleting a rule with " + line[1] + " unsettled deliveries was " + line[0] +
              " with " + line[2]);
    }
  }
}

}  // namespace pavane::crash
