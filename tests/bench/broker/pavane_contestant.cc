#include "tests/bench/broker/pavane_contestant.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sstream>
#include <utility>

#include "grpcpp/create_channel.h"
#include "grpcpp/security/credentials.h"

#include "pavane/admin/v1/rule.grpc.pb.h"
#include "tests/bench/broker/consume.h"
#include "tests/bench/broker/workload.h"

namespace pavane::bench {
namespace {

constexpr int kStartTries = 12'000;
constexpr useconds_t kStartPauseUs = 5'000;
constexpr int kRulesPerCall = 1'000;

admin::v1::Rule MakeRule(int number, const std::string& pattern) {
  admin::v1::Rule rule;
  rule.set_name("rule-" + std::to_string(number));
  rule.set_pattern(pattern);
  return rule;
}

void AddTarget(admin::v1::Rule& rule, const std::string& service) {
  admin::v1::Target& target = *rule.add_targets();
  target.set_id("to-" + service);
  target.set_address("service:" + service);
}

std::string OnShelf(int number) {
  char pattern[64];
  std::snprintf(pattern, sizeof pattern, R"({"detail":{"shelf":["s%03d"]}})", number);
  return pattern;
}

// Each order matches exactly one of them; the chain's later steps do so too.
std::vector<admin::v1::Rule> RulesOf(const Load& load) {
  std::vector<admin::v1::Rule> rules;
  if (load.layout == Layout::kManyTargets) {
    for (int i = 0; i < kRules; ++i) {
      AddTarget(rules.emplace_back(MakeRule(i, OnShelf(i))), kService);
    }
    return rules;
  }
  if (load.layout == Layout::kChain) {
    for (int i = 0; i < kChainSteps; ++i) {
      AddTarget(rules.emplace_back(MakeRule(i, R"({"detail-type":[")" + ChainType(i) + R"("]})")),
                kService + std::to_string(i));
    }
  } else if (load.layout == Layout::kStorm) {
    AddTarget(rules.emplace_back(MakeRule(0, R"({"detail-type":[{"anything-but":["Live"]}]})")),
              kService);
    AddTarget(rules.emplace_back(MakeRule(1, R"({"detail-type":["Live"]})")), "live");
  } else {
    rules.push_back(MakeRule(0, R"({"detail":{"shelf":[{"exists":true}]}})"));
    for (int i = 0; i < (load.layout == Layout::kFanOut ? load.consumers : 1); ++i) {
      const bool one = load.layout == Layout::kOneTarget;
      AddTarget(rules[0], one ? kService : kService + std::to_string(i));
    }
  }
  while (rules.size() < kRules) {
    const auto number = static_cast<int>(rules.size());
    // No order has such a shelf.
    AddTarget(rules.emplace_back(MakeRule(number, OnShelf(number + kRules))), kService);
  }
  return rules;
}

bool Put(const std::string& address, const std::vector<admin::v1::Rule>& rules) {
  auto stub = admin::v1::RuleAdmin::NewStub(
      grpc::CreateChannel(address, grpc::InsecureChannelCredentials()));
  admin::v1::PutRulesRequest request;
  for (const admin::v1::Rule& rule : rules) *request.add_rules() = rule;
  grpc::ClientContext context;
  admin::v1::PutRulesResponse response;
  const grpc::Status status = stub->PutRules(&context, request, &response);
  if (!status.ok()) std::fprintf(stderr, "PutRules: %s\n", status.error_message().c_str());
  return status.ok();
}

}  // namespace

PavaneContestant::PavaneContestant(Programs programs, Load load)
    : programs_(std::move(programs)), load_(std::move(load)) {}

PavaneContestant::~PavaneContestant() {
  if (!process_) return;
  process_->Signal(SIGTERM);
  process_->Wait();
}

std::unique_ptr<PavaneContestant> PavaneContestant::Start(const Programs& programs,
                                                          const Load& load) {
  std::unique_ptr<PavaneContestant> started(new PavaneContestant(programs, load));
  if (!started->StartProcess() || !started->PutRules()) return nullptr;
  return started;
}

bool PavaneContestant::StartProcess() {
  const std::string ports = folder_.path() + "/ports.json";
  ::unlink(ports.c_str());
  const std::string socket = "unix:" + folder_.path() + "/grpc.sock";
  process_.emplace(std::vector<std::string>{
      programs_.pavaned, "--data-dir", folder(), "--grpc-listen",
      load_.unix_socket ? socket : "127.0.0.1:0", "--http-listen", "127.0.0.1:0", "--ports-file",
      ports, "--durability", load_.durability, "--log.level", "error"});
  for (int i = 0; i < kStartTries; ++i) {
    std::ifstream file(ports);
    const std::string text((std::istreambuf_iterator<char>(file)), {});
    const size_t grpc = text.find("\"grpc\":\"");
    const size_t http = text.find("\"http\":\"127.0.0.1:");
    if (text.find('}') != std::string::npos && grpc != std::string::npos) {
      address_ = text.substr(grpc + 8, text.find('"', grpc + 8) - grpc - 8);
      http_port_ = http == std::string::npos ? 0 : std::atoi(text.c_str() + http + 18);
      return true;
    }
    ::usleep(kStartPauseUs);
  }
  std::fprintf(stderr, "%s did not start\n", programs_.pavaned.c_str());
  return false;
}

bool PavaneContestant::PutRules() { return Put(address_, RulesOf(load_)); }

bool PavaneContestant::PutIdleRules(int count) {
  for (int first = 0; first < count; first += kRulesPerCall) {
    std::vector<admin::v1::Rule> rules;
    for (int i = first; i < std::min(first + kRulesPerCall, count); ++i) {
      AddTarget(rules.emplace_back(
                    MakeRule(kRules + i, R"({"source":["idle-)" + std::to_string(i) + R"("]})")),
                "idle");
    }
    if (!Put(address_, rules)) return false;
  }
  return true;
}

std::vector<std::string> PavaneContestant::Producer() const {
  const std::string role = load_.manner == Manner::kUnary      ? "produce-unary"
                           : load_.manner == Manner::kOneByOne ? "produce-one-by-one"
                                                               : "produce";
  return {programs_.self,
          role,
          address_,
          std::to_string(load_.events),
          std::to_string(load_.rate),
          std::to_string(load_.in_flight),
          load_.layout == Layout::kChain ? ChainType(0) : ""};
}

std::vector<std::string> PavaneContestant::Consumer(int index) const {
  const std::string role = load_.layout == Layout::kChain ? "consume-chain"
                           : load_.reject                 ? "reject"
                                                          : "consume";
  const bool fan_out = load_.layout == Layout::kFanOut;
  return {programs_.self, role, address_, std::to_string(load_.events),
          fan_out ? kService + std::to_string(index) : kService};
}

bool PavaneContestant::ShortenAge() {
  std::vector<admin::v1::Rule> rules = RulesOf(load_);
  rules.resize(1);
  rules[0].mutable_targets(0)->mutable_retry_policy()->mutable_age_max()->set_seconds(1);
  return Put(address_, rules);
}

double PavaneContestant::Metric(const std::string& name) const {
  std::istringstream lines(Get("/metrics"));
  double sum = 0;
  for (std::string line; std::getline(lines, line);) {
    const bool named = line.compare(0, name.size(), name) == 0 && line.size() > name.size() &&
                       (line[name.size()] == ' ' || line[name.size()] == '{');
    if (named) sum += std::atof(line.c_str() + line.rfind(' '));
  }
  return sum;
}

void PavaneContestant::AddFigures(Figures& figures) {
  figures["syncs"] = Metric("pavane_fsync_seconds_count");
}

std::optional<double> PavaneContestant::KillAndStart() {
  process_->Signal(SIGKILL);
  process_->Wait();
  const uint64_t start_ns = NowNs();
  if (!StartProcess()) return std::nullopt;
  for (int i = 0; i < kStartTries; ++i) {
    if (Ready()) return static_cast<double>(NowNs() - start_ns) / 1e9;
    ::usleep(kStartPauseUs);
  }
  return std::nullopt;
}

bool PavaneContestant::Ready() const { return !Get("/readyz").empty(); }

std::string PavaneContestant::Get(const std::string& path) const {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(http_port_));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  std::string text;
  const std::string request =
      "GET " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
  if (::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
      ::send(socket, request.data(), request.size(), MSG_NOSIGNAL) ==
          static_cast<ssize_t>(request.size())) {
    char bytes[1 << 16];
    for (ssize_t size = 0; (size = ::recv(socket, bytes, sizeof bytes, 0)) > 0;) {
      text.append(bytes, static_cast<size_t>(size));
    }
  }
  ::close(socket);
  const size_t body = text.find("\r\n\r\n");
  const bool good = text.rfind("HTTP/1.1 200", 0) == 0 && body != std::string::npos;
  return good ? text.substr(body + 4) : "";
}

}  // namespace pavane::bench
