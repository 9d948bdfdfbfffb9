#include "rpc/service_health.h"

namespace pavane::rpc {
namespace {

constexpr const char* kOwnServices[] = {
    "pavane.v1.PublisherService",   "pavane.v1.SubscriberService",     "pavane.admin.v1.BusAdmin",
    "pavane.admin.v1.RuleAdmin",    "pavane.admin.v1.DeadLetterAdmin", "pavane.admin.v1.EventAdmin",
    "pavane.admin.v1.ServiceAdmin", "pavane.admin.v1.SystemAdmin",
};
// Names of services are claims, and gRPC never forgets one: they must not fill the memory.
constexpr size_t kNamesMax = 10'000;

}  // namespace

void ServiceHealth::Start(grpc::HealthCheckServiceInterface* health) {
  MutexLock lock(mu_);
  health_ = health;
  serving_ = true;
  if (health_ == nullptr) return;
  health_->SetServingStatus("", true);
  for (const char* service : kOwnServices) health_->SetServingStatus(service, true);
}

void ServiceHealth::StopServing() {
  MutexLock lock(mu_);
  serving_ = false;
  // Not Shutdown(): watchers shall still be answered.
  if (health_ != nullptr) health_->SetServingStatus(false);
}

void ServiceHealth::Detach() {
  MutexLock lock(mu_);
  health_ = nullptr;
}

void ServiceHealth::Connected(const std::string& service) {
  MutexLock lock(mu_);
  if (instances_.size() >= kNamesMax && !instances_.contains(service)) return;
  if (++instances_[service] == 1 && health_ != nullptr) {
    health_->SetServingStatus(service, serving_);
  }
}

void ServiceHealth::Disconnected(const std::string& service) {
  MutexLock lock(mu_);
  const auto found = instances_.find(service);
  if (found == instances_.end() || --found->second > 0) return;
  if (health_ != nullptr) health_->SetServingStatus(service, false);
}

}  // namespace pavane::rpc
