#include "pavane/publisher.h"

#include <utility>

#include "clients/cpp/src/publisher_impl.h"

namespace pavane {
inline namespace client {

Publisher::Publisher(PublisherOptions options)
    : Publisher(std::move(options), internal::Clock::System()) {}

Publisher::Publisher(PublisherOptions options, internal::Clock& clock)
    : impl_(std::make_unique<internal::PublisherImpl>(std::move(options), clock)) {}

Publisher::~Publisher() = default;

void Publisher::Publish(PublishEntry entry, PublishCallback callback) {
  impl_->Publish(std::move(entry), std::move(callback));
}

std::future<PublishResult> Publisher::Publish(PublishEntry entry) {
  // Shared, because std::function wants what it holds to be copyable.
  auto promise = std::make_shared<std::promise<PublishResult>>();
  std::future<PublishResult> future = promise->get_future();
  impl_->Publish(std::move(entry),
                 [promise](const PublishResult& result) { promise->set_value(result); });
  return future;
}

PublishResult Publisher::PublishSync(PublishEntry entry) { return Publish(std::move(entry)).get(); }

bool Publisher::Flush(std::chrono::milliseconds timeout) { return impl_->Flush(timeout); }

}  // namespace client
}  // namespace pavane
