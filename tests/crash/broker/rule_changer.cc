#include "tests/crash/broker/rule_changer.h"

#include <chrono>

#include "pavane/admin/v1/rule.grpc.pb.h"
#include "pavane/v1/publisher.grpc.pb.h"
#include "tests/crash/broker/repeat_call.h"

namespace pavane::crash {
namespace {

constexpr std::chrono::milliseconds kChangePause(15);

pavane::admin::v1::PutRuleRequest Put(bool enable) {
  pavane::admin::v1::PutRuleRequest put;
  put.mutable_rule()->set_name("probe");
  put.mutable_rule()->set_pattern(R"({"detail-type":["Probe"]})");
  put.mutable_rule()->set_state(enable ? pavane::admin::v1::Rule::ENABLED
                                       : pavane::admin::v1::Rule::DISABLED);
  pavane::admin::v1::Target& target = *put.mutable_rule()->add_targets();
  target.set_id("probe");
  target.set_address("service:sink");
  return put;
}

pavane::v1::PublishRequest Probe(uint64_t number) {
  pavane::v1::PublishRequest request;
  io::cloudevents::v1::CloudEvent& event = *request.add_entries()->mutable_event();
  event.set_id("p-" + std::to_string(number));
  event.set_source("/crash/changer");
  event.set_spec_version("1.0");
  event.set_type("Probe");
  event.set_text_data("{}");
  return request;
}

}  // namespace

RuleChanger::RuleChanger(const Daemon& daemon, const std::string& log_path)
    : Party(daemon, log_path) {
  Start();
}

void RuleChanger::Run() {
  const auto channel = daemon_.Connect();
  auto rules = pavane::admin::v1::RuleAdmin::NewStub(channel);
  auto publisher = pavane::v1::PublisherService::NewStub(channel);
  for (uint64_t number = 0; !stop_; ++number) {
    const bool enable = number % 2 == 0;
    const pavane::admin::v1::PutRuleRequest put = Put(enable);
    const Answered changed = RepeatCall([&](grpc::ClientContext& context) {
      pavane::admin::v1::PutRuleResponse response;
      return rules->PutRule(&context, put, &response);
    });
    if (!changed.status.ok()) {
      log_.Write({"p-" + std::to_string(number), "0", "refused", "put"});
      return;
    }
    ++changes_;
    const pavane::v1::PublishRequest request = Probe(number);
    for (bool answered = false; !answered;) {
      pavane::v1::PublishResponse response;
      RepeatCall([&](grpc::ClientContext& context) {
        response.Clear();
        return publisher->Publish(&context, request, &response);
      });
      if (response.results_size() != 1 || response.results(0).has_error()) continue;
      answered = true;
      log_.Write({request.entries(0).event().id(), std::to_string(response.results(0).sequence()),
                  std::to_string(response.results(0).matched_rules()), enable ? "1" : "0"});
    }
    Pause(kChangePause);
  }
}

}  // namespace pavane::crash
