#include "tests/crash/broker/rule_changer.h"

#include <chrono>

#include "pavane/admin/v1/rule.grpc.pb.h"
#include "pavane/v1/publisher.grpc.pb.h"

namespace pavane::crash {
namespace {

// Calls until it is answered, also over the broker's death; false when the run stops.
template <typename Call>
bool Repeat(const std::atomic<bool>& stop, Call call) {
  while (!stop) {
    grpc::ClientContext context;
    context.set_wait_for_ready(true);
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20));
    if (call(context).ok()) return true;
  }
  return false;
}

}  // namespace

RuleChanger::RuleChanger(const Daemon& daemon, const std::string& log_path)
    : daemon_(daemon), log_(log_path), thread_([this] { Run(); }) {}

RuleChanger::~RuleChanger() { Stop(); }

void RuleChanger::Stop() {
  stop_ = true;
  if (thread_.joinable()) thread_.join();
}

void RuleChanger::Run() {
  const auto channel = daemon_.Connect();
  auto rules = pavane::admin::v1::RuleAdmin::NewStub(channel);
  auto publisher = pavane::v1::PublisherService::NewStub(channel);
  for (uint64_t number = 0; !stop_; ++number) {
    const bool enable = number % 2 == 0;
    pavane::admin::v1::PutRuleRequest put;
    put.mutable_rule()->set_name("probe");
    put.mutable_rule()->set_pattern(R"({"detail-type":["Probe"]})");
    put.mutable_rule()->set_state(enable ? pavane::admin::v1::Rule::ENABLED
                                         : pavane::admin::v1::Rule::DISABLED);
    pavane::admin::v1::Target& target = *put.mutable_rule()->add_targets();
    target.set_id("probe");
    target.set_address("service:sink");
    const bool changed = Repeat(stop_, [&](grpc::ClientContext& context) {
      pavane::admin::v1::PutRuleResponse response;
      return rules->PutRule(&context, put, &response);
    });
    if (!changed) return;
    ++changes_;
    pavane::v1::PublishRequest request;
    io::cloudevents::v1::CloudEvent& event = *request.add_entries()->mutable_event();
    event.set_id("p-" + std::to_string(number));
    event.set_source("/crash/changer");
    event.set_spec_version("1.0");
    event.set_type("Probe");
    event.set_text_data("{}");
    const bool published = Repeat(stop_, [&](grpc::ClientContext& context) {
      pavane::v1::PublishResponse response;
      const grpc::Status status = publisher->Publish(&context, request, &response);
      if (status.ok() && !response.results(0).has_error()) {
        log_.Write({event.id(), std::to_string(response.results(0).sequence()),
                    std::to_string(response.results(0).matched_rules()), enable ? "1" : "0"});
      }
      return status;
    });
    if (!published) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(15));
  }
}

}  // namespace pavane::crash
