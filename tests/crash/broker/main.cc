// Kills a whole pavaned with SIGKILL again and again under load and checks that nothing that was
// acknowledged is lost, no delivery is lost, and no settlement is applied halfway.
//
//   broker_crash [--kills N] [--seed S] [--folder DIR] PAVANED
//
// Exit code 0 when every check holds.
#include <stdlib.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <string>
#include <thread>

#include "pavane/admin/v1/rule.grpc.pb.h"
#include "tests/crash/broker/checker.h"
#include "tests/crash/broker/crash_publisher.h"
#include "tests/crash/broker/crash_service.h"
#include "tests/crash/broker/daemon.h"
#include "tests/crash/broker/rule_changer.h"

namespace pavane::crash {
namespace {

struct Options {
  int kills = 100;
  uint64_t seed = std::random_device()();
  std::string folder;
  std::string binary;
};

bool Parse(int argc, char** argv, Options& options) {
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    const bool has_value = i + 1 < argc;
    if (word == "--kills" && has_value) {
      options.kills = std::atoi(argv[++i]);
    } else if (word == "--seed" && has_value) {
      options.seed = std::strtoull(argv[++i], nullptr, 10);
    } else if (word == "--folder" && has_value) {
      options.folder = argv[++i];
    } else if (word.starts_with("-") || !options.binary.empty()) {
      return false;
    } else {
      options.binary = word;
    }
  }
  return !options.binary.empty() && options.kills >= 0;
}

bool PutRule(const Daemon& daemon, const std::string& name, const std::string& type,
             const std::string& service) {
  auto stub = admin::v1::RuleAdmin::NewStub(daemon.Connect());
  admin::v1::PutRuleRequest request;
  request.mutable_rule()->set_name(name);
  request.mutable_rule()->set_pattern(R"({"detail-type":[")" + type + R"("]})");
  admin::v1::Target& target = *request.mutable_rule()->add_targets();
  target.set_id(name);
  target.set_address("service:" + service);
  target.mutable_lease_policy()->mutable_lease()->set_seconds(2);
  target.mutable_retry_policy()->mutable_backoff_initial()->set_nanos(50'000'000);
  target.mutable_retry_policy()->mutable_backoff_max()->set_seconds(1);
  grpc::ClientContext context;
  context.set_wait_for_ready(true);
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(10));
  admin::v1::PutRuleResponse response;
  const grpc::Status status = stub->PutRule(&context, request, &response);
  if (!status.ok()) std::fprintf(stderr, "PutRule: %s\n", status.error_message().c_str());
  return status.ok();
}

int Run(Options options) {
  bool own_folder = options.folder.empty();
  if (own_folder) {
    char name[] = "/tmp/pavane-crash-XXXXXX";
    options.folder = ::mkdtemp(name);
  }
  std::filesystem::create_directories(options.folder);
  std::printf("seed %llu, folder %s\n", static_cast<unsigned long long>(options.seed),
              options.folder.c_str());
  std::mt19937_64 random(options.seed);
  Daemon daemon(options.binary, options.folder);
  if (!daemon.Start()) return 1;
  if (!PutRule(daemon, "work", "Work", "worker") || !PutRule(daemon, "done", "Done", "sink")) {
    return 1;
  }
  int hits = 0;
  std::chrono::duration<double> up(0);
  uint64_t answered = 0;
  uint64_t changes = 0;
  bool quiet = false;
  Checker checker(daemon, options.folder);
  {
    CrashService worker(daemon, "worker", true, options.folder + "/worker.log");
    CrashService sink(daemon, "sink", false, options.folder + "/sink.log");
    CrashPublisher publisher(daemon, options.folder + "/publisher.log", 6);
    RuleChanger changer(daemon, options.folder + "/changer.log");
    for (int kill = 1; kill <= options.kills; ++kill) {
      const auto start = std::chrono::steady_clock::now();
      std::this_thread::sleep_for(std::chrono::milliseconds(100 + random() % 300));
      if (publisher.under_way() + worker.under_way() + sink.under_way() > 0) ++hits;
      daemon.Kill();
      up += std::chrono::steady_clock::now() - start;
      if (!daemon.Start()) return 1;
      if (kill % 10 == 0) {
        std::printf("%d kills, %llu events answered\n", kill,
                    static_cast<unsigned long long>(publisher.answered()));
        std::fflush(stdout);
      }
    }
    changer.Stop();
    publisher.Stop();
    answered = publisher.answered();
    changes = changer.changes();
    quiet = checker.AwaitQuiet();
  }
  if (!quiet) std::printf("PROBLEM deliveries are still unsettled after two minutes\n");
  checker.Check();
  for (const std::string& problem : checker.problems())
    std::printf("PROBLEM %s\n", problem.c_str());
  const int exit_code = daemon.Terminate();
  if (exit_code != 0) std::printf("PROBLEM exit code %d at SIGTERM\n", exit_code);
  std::printf(
      "%d kills, %d with work in flight; %llu events stored, %llu published (%.0f/s while up), "
      "%llu rule changes, %llu acknowledgements checked, %zu problems\n",
      options.kills, hits, static_cast<unsigned long long>(checker.events()),
      static_cast<unsigned long long>(answered),
      up.count() > 0 ? static_cast<double>(answered) / up.count() : 0,
      static_cast<unsigned long long>(changes),
      static_cast<unsigned long long>(checker.acknowledgements()), checker.problems().size());
  const bool good = quiet && checker.problems().empty() && exit_code == 0 &&
                    hits * 2 >= options.kills && checker.acknowledgements() > 0;
  if (good && own_folder) std::filesystem::remove_all(options.folder);
  return good ? 0 : 1;
}

}  // namespace
}  // namespace pavane::crash

int main(int argc, char** argv) {
  pavane::crash::Options options;
  if (!pavane::crash::Parse(argc, argv, options)) {
    std::fprintf(stderr, "usage: broker_crash [--kills N] [--seed S] [--folder DIR] PAVANED\n");
    return 2;
  }
  return pavane::crash::Run(options);
}
