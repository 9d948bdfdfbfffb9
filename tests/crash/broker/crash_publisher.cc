#include "tests/crash/broker/crash_publisher.h"

#include <chrono>

#include "pavane/v1/publisher.grpc.pb.h"

namespace pavane::crash {
namespace {

constexpr int kBatch = 40;
// Bounds the rate, so that the services can follow and the run's time goes into kills.
constexpr std::chrono::milliseconds kPublishPause(12);

void AddEvent(const std::string& id, pavane::v1::PublishRequest& request) {
  io::cloudevents::v1::CloudEvent& event = *request.add_entries()->mutable_event();
  event.set_id(id);
  event.set_source("/crash/publisher");
  event.set_spec_version("1.0");
  event.set_type("Work");
  event.set_text_data(R"({"work":")" + id + R"("})");
}

}  // namespace

CrashPublisher::CrashPublisher(const Daemon& daemon, const std::string& log_path, int lanes)
    : daemon_(daemon), log_(log_path) {
  for (int lane = 0; lane < lanes; ++lane) lanes_.emplace_back([this, lane] { Run(lane); });
}

CrashPublisher::~CrashPublisher() { Stop(); }

void CrashPublisher::Stop() {
  stop_ = true;
  for (std::thread& lane : lanes_) {
    if (lane.joinable()) lane.join();
  }
}

void CrashPublisher::Run(int lane) {
  auto stub = pavane::v1::PublisherService::NewStub(daemon_.Connect());
  for (uint64_t batch = 0; !stop_; ++batch) {
    pavane::v1::PublishRequest request;
    for (int i = 0; i < kBatch; ++i) {
      AddEvent("w-" + std::to_string(lane) + "-" + std::to_string(batch * kBatch + i), request);
    }
    for (bool done = false; !done;) {
      grpc::ClientContext context;
      context.set_wait_for_ready(true);
      context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(30));
      pavane::v1::PublishResponse response;
      ++under_way_;
      const grpc::Status status = stub->Publish(&context, request, &response);
      --under_way_;
      if (!status.ok()) continue;  // the broker was killed: the same ids again
      done = true;
      for (const pavane::v1::PublishResult& result : response.results()) {
        if (result.has_error()) {
          done = false;
          continue;
        }
        log_.Write({result.event_id(), std::to_string(result.sequence()),
                    result.duplicate() ? "1" : "0", std::to_string(result.matched_rules())});
        ++answered_;
      }
    }
    std::this_thread::sleep_for(kPublishPause);
  }
}

}  // namespace pavane::crash
