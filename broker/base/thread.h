#ifndef PAVANE_BASE_THREAD_H_
#define PAVANE_BASE_THREAD_H_

#include <string>
#include <thread>

#include "absl/functional/any_invocable.h"
#include "absl/strings/string_view.h"

namespace pavane {

// A named thread that its owner joins, at the latest by destroying it; it is never detached. The
// owner first makes the body return (closes its queue, sets its stop flag). Threads of the broker
// are made only here, so that each one has a name in `top -H` and in a core file.
class Thread {
 public:
  // No thread.
  Thread() = default;
  // The kernel keeps the first 15 bytes of the name.
  Thread(absl::string_view name, absl::AnyInvocable<void()> body);
  ~Thread() { Join(); }
  Thread(Thread&&) = default;
  // Joins the thread held before.
  Thread& operator=(Thread&& other) noexcept;

  // Waits until the body has returned; again, or without a thread, does nothing.
  void Join();

 private:
  std::thread thread_;
};

}  // namespace pavane

#endif  // PAVANE_BASE_THREAD_H_
