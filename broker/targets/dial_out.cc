#include "targets/dial_out.h"

#include <utility>
#include <vector>

#include "targets/dialled_service.h"

namespace pavane::targets {

DialOut::DialOut(DialOutHost& host, Options options) : host_(host), options_(std::move(options)) {}

DialOut::~DialOut() { Stop(); }

void DialOut::Watch(const std::string& address) {
  std::shared_ptr<DialledService> service;
  {
    MutexLock lock(mu_);
    if (stopped_ || services_.contains(address)) return;
    service = std::make_shared<DialledService>(
        host_,
        DialledService::Options{address, options_.broker_version, options_.message_bytes_max});
    services_[address] = service;
  }
  service->Start();
}

void DialOut::Unwatch(const std::string& address) {
  std::shared_ptr<DialledService> service;
  {
    MutexLock lock(mu_);
    auto found = services_.find(address);
    if (found == services_.end()) return;
    service = std::move(found->second);
    services_.erase(found);
  }
  service->Stop();
}

void DialOut::Stop() {
  std::vector<std::shared_ptr<DialledService>> all;
  {
    MutexLock lock(mu_);
    stopped_ = true;
    for (auto& [address, service] : services_) all.push_back(std::move(service));
    services_.clear();
  }
  for (const auto& service : all) service->Stop();
  for (const auto& service : all) service->AwaitCalls();
}

}  // namespace pavane::targets
