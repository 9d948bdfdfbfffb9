#include "base/thread.h"

#include <pthread.h>

#include <utility>

namespace pavane {
namespace {

constexpr size_t kNameBytesMax = 15;

}  // namespace

Thread::Thread(absl::string_view name, absl::AnyInvocable<void()> body)
    : thread_(
          [name = std::string(name.substr(0, kNameBytesMax)), body = std::move(body)]() mutable {
            pthread_setname_np(pthread_self(), name.c_str());
            body();
          }) {}

Thread& Thread::operator=(Thread&& other) noexcept {
  if (this != &other) {
    Join();
    thread_ = std::move(other.thread_);
  }
  return *this;
}

void Thread::Join() {
  if (thread_.joinable()) thread_.join();
}

}  // namespace pavane
