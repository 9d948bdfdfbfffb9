#include "tests/crash/broker/unsettled_watch.h"

#include <algorithm>
#include <cctype>

#include "tests/crash/broker/repeat_call.h"

namespace pavane::crash {
namespace {

constexpr int kEvents = 6;
constexpr int kPastEvents = 3;
constexpr int kFillTriesMax = 5000;
constexpr std::chrono::milliseconds kWatchPause(40);

// The only number of the refusal.
std::string NumberIn(const std::string& message) {
  const auto begin = std::find_if(message.begin(), message.end(), ::isdigit);
  const auto end = std::find_if_not(begin, message.end(), ::isdigit);
  return begin == end ? "none" : std::string(begin, end);
}

}  // namespace

UnsettledWatch::UnsettledWatch(const Daemon& daemon, const std::string& log_path)
    : Party(daemon, log_path) {
  Start();
}

void UnsettledWatch::Run() {
  const auto channel = daemon_.Connect();
  auto rules = pavane::admin::v1::RuleAdmin::NewStub(channel);
  auto publisher = pavane::v1::PublisherService::NewStub(channel);
  auto stats = pavane::admin::v1::SystemAdmin::NewStub(channel);
  for (int round = 0; !stop_; ++round) {
    // Letters only: the number in the refusal is the count.
    std::string name = "hold-";
    for (int rest = round; rest > 0; rest /= 26) name += static_cast<char>('a' + rest % 26);
    // Every second target also wants the events that came before it.
    const bool from_past = round % 2 == 1;
    if (!from_past) PutRule(*rules, name, false);
    for (int i = 0; i < kEvents; ++i) {
      if (from_past && i == kPastEvents) PutRule(*rules, name, true);
      Publish(*publisher, name, i);
      Pause(kWatchPause);
    }
    if (from_past) AwaitFill(*stats, name);
    Delete(*rules, name, kEvents);
  }
}

void UnsettledWatch::PutRule(pavane::admin::v1::RuleAdmin::Stub& rules, const std::string& name,
                             bool from_past) {
  pavane::admin::v1::PutRuleRequest put;
  put.mutable_rule()->set_name(name);
  put.mutable_rule()->set_pattern(R"({"detail-type":[")" + name + R"("]})");
  pavane::admin::v1::Target& target = *put.mutable_rule()->add_targets();
  target.set_id("nobody");
  target.set_address("service:nobody");
  if (from_past) target.mutable_start_position()->set_earliest(true);
  RepeatCall([&](grpc::ClientContext& context) {
    pavane::admin::v1::PutRuleResponse response;
    return rules.PutRule(&context, put, &response);
  });
}

void UnsettledWatch::AwaitFill(pavane::admin::v1::SystemAdmin::Stub& stats,
                               const std::string& name) {
  pavane::admin::v1::ListTargetStatsRequest request;
  request.set_rule(name);
  // Also when it is to stop: the deletion that follows wants the exact number.
  for (int i = 0; i < kFillTriesMax; ++i) {
    uint64_t queued = 0;
    RepeatCall([&](grpc::ClientContext& context) {
      pavane::admin::v1::ListTargetStatsResponse response;
      const grpc::Status status = stats.ListTargetStats(&context, request, &response);
      for (const auto& target : response.targets()) queued += target.queued();
      return status;
    });
    if (queued >= kEvents) return;
    Pause(kWatchPause);
  }
}

void UnsettledWatch::Publish(pavane::v1::PublisherService::Stub& publisher, const std::string& name,
                             int number) {
  pavane::v1::PublishRequest request;
  io::cloudevents::v1::CloudEvent& event = *request.add_entries()->mutable_event();
  event.set_id(name + "-" + std::to_string(number));
  event.set_source("/crash/hold");
  event.set_spec_version("1.0");
  event.set_type(name);
  event.set_text_data("{}");
  bool accepted = false;
  while (!accepted) {
    RepeatCall([&](grpc::ClientContext& context) {
      pavane::v1::PublishResponse response;
      const grpc::Status status = publisher.Publish(&context, request, &response);
      accepted = status.ok() && !response.results(0).has_error();
      return status;
    });
  }
}

void UnsettledWatch::Delete(pavane::admin::v1::RuleAdmin::Stub& rules, const std::string& name,
                            int wanted) {
  pavane::admin::v1::DeleteRuleRequest request;
  request.set_name(name);
  const Answered refused = RepeatCall([&](grpc::ClientContext& context) {
    pavane::admin::v1::DeleteRuleResponse response;
    return rules.DeleteRule(&context, request, &response);
  });
  const bool right = refused.status.error_code() == grpc::StatusCode::FAILED_PRECONDITION;
  log_.Write({"refused", std::to_string(wanted),
              right ? NumberIn(refused.status.error_message()) : "not_refused"});
  request.set_discard(true);
  uint64_t discarded = 0;
  const Answered deleted = RepeatCall([&](grpc::ClientContext& context) {
    pavane::admin::v1::DeleteRuleResponse response;
    const grpc::Status status = rules.DeleteRule(&context, request, &response);
    discarded = response.discarded_deliveries();
    return status;
  });
  const bool gone = deleted.status.error_code() == grpc::StatusCode::NOT_FOUND;
  if (gone && deleted.repeated) return;  // the answer was lost
  log_.Write({"discarded", std::to_string(wanted),
              deleted.status.ok() ? std::to_string(discarded) : "not_deleted"});
}

}  // namespace pavane::crash
