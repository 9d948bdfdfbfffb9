#include "pavane/service.h"

#include <utility>

#include "clients/cpp/src/service_impl.h"

namespace pavane {
inline namespace client {

Service::Service(ServiceOptions options) : Service(std::move(options), internal::Clock::System()) {}

Service::Service(ServiceOptions options, internal::Clock& clock)
    : impl_(std::make_unique<internal::ServiceImpl>(std::move(options), clock)) {}

Service::~Service() = default;

Service& Service::On(std::string_view type, Handler handler) {
  return On(type, RuleOptions(), std::move(handler));
}

Service& Service::On(std::string_view type, RuleOptions rule, Handler handler) {
  impl_->handlers().Add(type, std::move(rule), std::move(handler));
  return *this;
}

Service& Service::OnAny(Handler handler) {
  impl_->handlers().AddAny(std::move(handler));
  return *this;
}

Service& Service::OnAny(RuleOptions rule, Handler handler) {
  impl_->handlers().Add("", std::move(rule), std::move(handler));
  return *this;
}

Error Service::Start() { return impl_->Start(); }

Error Service::Run() { return impl_->Run(); }

void Service::Stop() { impl_->Stop(); }

Error Service::Wait() { return impl_->Wait(); }

bool Service::WaitConnected(std::chrono::milliseconds timeout) {
  return impl_->WaitConnected(timeout);
}

bool Service::connected() const { return impl_->connected(); }

}  // namespace client
}  // namespace pavane
