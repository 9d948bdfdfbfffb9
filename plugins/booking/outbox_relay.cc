#include "plugins/booking/outbox_relay.h"

#include <cstdint>
#include <future>
#include <string>
#include <vector>

#include <spdlog/spdlog.h>

#include "plugins/common/host.h"

namespace pavane::booking {
namespace {

constexpr int64_t kBatchMax = 200;

}  // namespace

OutboxRelay::OutboxRelay(BookingDesk& desk, pavane::Publisher& publisher,
                         std::chrono::milliseconds pause)
    : desk_(desk), publisher_(publisher), pause_(pause), thread_([this] { Loop(); }) {}

OutboxRelay::~OutboxRelay() {
  {
    std::lock_guard lock(mu_);
    stop_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void OutboxRelay::Wake() {
  {
    std::lock_guard lock(mu_);
    wake_ = true;
  }
  changed_.notify_all();
}

void OutboxRelay::Loop() {
  std::unique_lock lock(mu_);
  while (!stop_) {
    changed_.wait(lock, [this] { return wake_ || stop_; });
    if (stop_) return;
    wake_ = false;
    lock.unlock();
    bool more = false;
    const bool good = PublishSome(more);
    lock.lock();
    if (more || !good) wake_ = true;
    if (!good) changed_.wait_for(lock, pause_, [this] { return stop_; });
  }
}

bool OutboxRelay::PublishSome(bool& more) {
  const absl::StatusOr<std::vector<plugins::Event>> events = desk_.Unpublished(kBatchMax);
  if (!events.ok()) {
    spdlog::error("outbox: {}", std::string(events.status().message()));
    return false;
  }
  std::vector<std::future<pavane::PublishResult>> results;
  for (const plugins::Event& event : *events) {
    results.push_back(publisher_.Publish(pavane::PublishEntry(plugins::ToBroker(event))));
  }
  std::vector<std::string> accepted;
  bool good = true;
  for (size_t i = 0; i < results.size(); ++i) {
    const pavane::PublishResult result = results[i].get();
    if (result.ok()) {
      accepted.push_back((*events)[i].id);
    } else {
      good = false;
      spdlog::warn("outbox: event={} is not accepted yet: {}", (*events)[i].id,
                   result.error.ToString());
    }
  }
  if (absl::Status status = desk_.MarkPublished(accepted); !status.ok()) {
    spdlog::error("outbox: {}", std::string(status.message()));
    return false;
  }
  more = static_cast<int64_t>(events->size()) == kBatchMax;
  return good;
}

}  // namespace pavane::booking
