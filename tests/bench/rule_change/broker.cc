#include "tests/bench/rule_change/broker.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "grpcpp/create_channel.h"
#include "grpcpp/security/credentials.h"

namespace pavane::bench {
namespace {

void Demand(const grpc::Status& status, const std::string& what) {
  if (status.ok()) return;
  std::fprintf(stderr, "%s: %s\n", what.c_str(), status.error_message().c_str());
  std::exit(1);
}

admin::v1::Rule MakeRule(const std::string& name, const std::string& pattern) {
  admin::v1::Rule rule;
  rule.set_name(name);
  rule.set_pattern(pattern);
  rule.add_targets()->set_id("t");
  rule.mutable_targets(0)->set_address("service:bench");
  return rule;
}

}  // namespace

double Now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

Broker::Broker(const std::string& pavaned) : pavaned_(pavaned) {
  char name[] = "/tmp/pavane-bench-XXXXXX";
  folder_ = ::mkdtemp(name);
}

Broker::~Broker() {
  Stop();
  std::filesystem::remove_all(folder_);
}

double Broker::Start() {
  const double start = Now();
  const std::string ports = folder_ + "/ports.json";
  process_.emplace(std::vector<std::string>{pavaned_, "--data-dir", folder_ + "/data",
                                            "--grpc-listen", "127.0.0.1:0", "--http-listen", "",
                                            "--ports-file", ports, "--log.level", "error"});
  std::string address;
  for (int i = 0; i < 30'000 && address.empty(); ++i) {
    std::ifstream file(ports);
    const std::string text((std::istreambuf_iterator<char>(file)), {});
    const size_t at = text.find("127.0.0.1:");
    if (text.find('}') != std::string::npos && at != std::string::npos) {
      address = text.substr(at, text.find('"', at) - at);
    } else {
      ::usleep(1'000);
    }
  }
  if (address.empty()) {
    std::fprintf(stderr, "%s does not start\n", pavaned_.c_str());
    std::exit(1);
  }
  const double took = Now() - start;
  const auto channel = grpc::CreateChannel(address, grpc::InsecureChannelCredentials());
  rules_ = admin::v1::RuleAdmin::NewStub(channel);
  publisher_ = v1::PublisherService::NewStub(channel);
  return took;
}

void Broker::Stop() {
  if (!process_) return;
  process_->Signal(SIGTERM);
  process_->Wait();
  process_.reset();
}

double Broker::PutRules(const std::vector<std::string>& patterns, size_t begin, size_t end) {
  admin::v1::PutRulesRequest request;
  for (size_t i = begin; i < end; ++i) {
    *request.add_rules() = MakeRule(absl::StrCat("rule-", i), patterns[i]);
  }
  grpc::ClientContext context;
  admin::v1::PutRulesResponse response;
  const double start = Now();
  Demand(rules_->PutRules(&context, request, &response), "PutRules");
  return Now() - start;
}

double Broker::PutRule(const std::string& name, const std::string& pattern) {
  admin::v1::PutRuleRequest request;
  *request.mutable_rule() = MakeRule(name, pattern);
  grpc::ClientContext context;
  admin::v1::PutRuleResponse response;
  const double start = Now();
  Demand(rules_->PutRule(&context, request, &response), "PutRule");
  return Now() - start;
}

double Broker::DeleteRule(const std::string& name) {
  admin::v1::DeleteRuleRequest request;
  request.set_name(name);
  request.set_discard(true);
  grpc::ClientContext context;
  admin::v1::DeleteRuleResponse response;
  const double start = Now();
  Demand(rules_->DeleteRule(&context, request, &response), "DeleteRule");
  return Now() - start;
}

std::vector<uint32_t> Broker::Publish(const v1::PublishRequest& request) {
  grpc::ClientContext context;
  v1::PublishResponse response;
  Demand(publisher_->Publish(&context, request, &response), "Publish");
  std::vector<uint32_t> matched;
  for (const v1::PublishResult& result : response.results()) {
    if (result.has_error()) {
      std::fprintf(stderr, "an event is refused: %s\n", result.error().message().c_str());
      std::exit(1);
    }
    matched.push_back(result.matched_rules());
  }
  return matched;
}

}  // namespace pavane::bench
