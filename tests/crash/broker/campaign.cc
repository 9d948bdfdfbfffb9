#include "tests/crash/broker/campaign.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <thread>
#include <utility>

#include "pavane/admin/v1/rule.grpc.pb.h"
#include "pavane/admin/v1/system.grpc.pb.h"
#include "tests/crash/broker/checker.h"
#include "tests/crash/broker/failure_watch.h"
#include "tests/crash/broker/redriver.h"
#include "tests/crash/broker/rule_changer.h"
#include "tests/crash/broker/unsettled_watch.h"

namespace pavane::crash {
namespace {

namespace admin = pavane::admin::v1;

constexpr int kLanes = 6;
// From so many kills on a run says something of the load, too.
constexpr uint64_t kKillsOfALongRun = 50;

}  // namespace

Campaign::Campaign(Options options)
    : options_(std::move(options)),
      points_(testing::ReadFailPoints("broker")),
      random_(options_.seed),
      daemon_(options_.binary, options_.folder, options_.lie) {
  tally_.seed = options_.seed;
}

void Campaign::PutRule(const std::string& name, const std::string& type,
                       const std::string& service) {
  auto stub = admin::RuleAdmin::NewStub(daemon_.Connect());
  admin::PutRuleRequest request;
  request.mutable_rule()->set_name(name);
  request.mutable_rule()->set_pattern(R"({"detail-type":[")" + type + R"("]})");
  admin::Target& target = *request.mutable_rule()->add_targets();
  target.set_id(name);
  target.set_address("service:" + service);
  target.mutable_lease_policy()->mutable_lease()->set_seconds(1);
  target.mutable_retry_policy()->mutable_backoff_initial()->set_nanos(50'000'000);
  target.mutable_retry_policy()->mutable_backoff_max()->set_seconds(1);
  grpc::ClientContext context;
  context.set_wait_for_ready(true);
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(300));
  admin::PutRuleResponse response;
  const grpc::Status status = stub->PutRule(&context, request, &response);
  if (!status.ok()) GiveUp("PutRule: " + status.error_message());
}

void Campaign::StartWithRules() {
  if (daemon_.Start("") != Daemon::Started::kReady) GiveUp("the broker does not start");
  PutRule("work", "Work", "worker");
  PutRule("done", "Done", "sink");
}

std::string Campaign::ChooseFailPoint() {
  if (!options_.only_at.empty()) return options_.only_at + ":" + std::to_string(1 + random_() % 20);
  if (points_.empty() || random_() % 3 == 0) return "";
  const testing::FailPointEntry& point = points_[random_() % points_.size()];
  return point.name + ":" + std::to_string(1 + random_() % point.passings_max);
}

void Campaign::GiveUp(const std::string& what) {
  // Parties wait for a broker that does not come: no orderly end.
  tally_.problems.push_back(what + "; see " + options_.folder);
  std::printf("%s\n", tally_.Json().c_str());
  std::fflush(stdout);
  std::_Exit(1);
}

void Campaign::KillAgainAndAgain(CrashPublisher& publisher, const CrashService& worker,
                                 const CrashService& sink) {
  const auto under_way = [&] {
    return publisher.under_way() + worker.under_way() + sink.under_way() > 0;
  };
  daemon_.Kill();  // it was started without a fail point
  while (tally_.kills < options_.kills) {
    const std::string point = ChooseFailPoint();
    const Daemon::Started started = daemon_.Start(point);
    if (started == Daemon::Started::kFailed) GiveUp("the broker does not start again");
    bool died = started == Daemon::Started::kKilled;
    bool working = under_way();
    if (!died) {
      const auto up_since = std::chrono::steady_clock::now();
      died = daemon_.AwaitDeath(std::chrono::milliseconds(100 + random_() % 300));
      working = under_way();
      daemon_.Kill();
      up_ += std::chrono::steady_clock::now() - up_since;
    }
    ++tally_.kills;
    ++tally_.ends[died ? "fail_point" : "random"];
    if (died) ++tally_.fail_points[point.substr(0, point.rfind(':'))];
    if (working) ++tally_.in_flight;
  }
  if (daemon_.Start("") != Daemon::Started::kReady) GiveUp("the broker does not start at last");
}

void Campaign::Run() {
  std::filesystem::create_directories(options_.folder);
  StartWithRules();
  const std::string& folder = options_.folder;
  bool quiet = false;
  {
    CrashService worker(daemon_, "worker", true, folder + "/worker.log");
    CrashService sink(daemon_, "sink", false, folder + "/sink.log");
    FailureWatch failures(daemon_, worker, folder + "/failures.log");
    UnsettledWatch unsettled(daemon_, folder + "/unsettled.log");
    Redriver redriver(daemon_, folder + "/redriver.log");
    RuleChanger changer(daemon_, folder + "/changer.log");
    CrashPublisher publisher(daemon_, folder + "/publisher.log", kLanes);
    KillAgainAndAgain(publisher, worker, sink);
    publisher.Stop();
    changer.Stop();
    redriver.Stop();
    unsettled.Stop();
    tally_.figures["published"] = publisher.answered();
    tally_.figures["up_ms"] = up_.count() / 1'000'000;
    tally_.figures["rule_changes"] = changer.changes();
    quiet = AwaitQuiet();
    failures.Stop();
  }
  Check(quiet);
}

bool Campaign::AwaitQuiet() {
  auto stub = admin::SystemAdmin::NewStub(daemon_.Connect());
  const auto until = std::chrono::steady_clock::now() + options_.patience;
  while (std::chrono::steady_clock::now() < until) {
    grpc::ClientContext context;
    context.set_wait_for_ready(true);
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
    admin::GetStatsResponse stats;
    if (stub->GetStats(&context, {}, &stats).ok() && stats.queued() == 0 &&
        stats.in_flight() == 0) {
      return true;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  return false;
}

void Campaign::Check(bool quiet) {
  if (!quiet) tally_.problems.push_back("deliveries are still unsettled");
  BrokerFacts facts = ReadBroker(daemon_);
  tally_.figures["events"] = facts.id_at.size();
  Checker checker(std::move(facts), options_.folder);
  checker.Check();
  tally_.acknowledged = checker.acknowledgements();
  tally_.problems.insert(tally_.problems.end(), checker.problems().begin(),
                         checker.problems().end());
  if (tally_.acknowledged == 0) tally_.problems.push_back("nothing was acknowledged");
  CheckLoad();
  const int exit_code = daemon_.Terminate();
  if (exit_code != 0) {
    tally_.problems.push_back("exit code " + std::to_string(exit_code) + " at SIGTERM");
  }
}

void Campaign::CheckLoad() {
  const uint64_t up_ms = std::max<uint64_t>(tally_.figures["up_ms"], 1);
  const uint64_t rate = tally_.figures["events"] * 1000 / up_ms;
  tally_.figures["events_per_second"] = rate;
  if (tally_.kills >= kKillsOfALongRun && tally_.in_flight * 2 < tally_.kills) {
    tally_.problems.push_back("fewer than half of the kills hit work under way");
  }
  if (rate < options_.rate_min) {
    tally_.problems.push_back(std::to_string(rate) + " events/s while up, wanted " +
                              std::to_string(options_.rate_min));
  }
}

}  // namespace pavane::crash
