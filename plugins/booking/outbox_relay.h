// Brings stored events to the broker.
#ifndef PAVANE_PLUGINS_BOOKING_OUTBOX_RELAY_H_
#define PAVANE_PLUGINS_BOOKING_OUTBOX_RELAY_H_

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "pavane/publisher.h"
#include "plugins/booking/booking_desk.h"

namespace pavane::booking {

// Publishes what is in the outbox, oldest first, and removes what the broker accepted. What it did
// not accept, or whose answer was lost, is published again under the same id after a pause, as
// long as it takes. Owns one thread, from construction to destruction. Desk and publisher must
// outlive it.
class OutboxRelay {
 public:
  OutboxRelay(BookingDesk& desk, pavane::Publisher& publisher,
              std::chrono::milliseconds pause = std::chrono::seconds(1));
  ~OutboxRelay();
  OutboxRelay(const OutboxRelay&) = delete;
  OutboxRelay& operator=(const OutboxRelay&) = delete;

  // There may be something new. From any thread.
  void Wake();

 private:
  void Loop();
  // Publishes one batch. False when something went wrong and it is wiser to wait.
  bool PublishSome(bool& more);

  BookingDesk& desk_;
  pavane::Publisher& publisher_;
  const std::chrono::milliseconds pause_;
  std::mutex mu_;
  std::condition_variable changed_;
  bool wake_ = true;   // guarded by mu_
  bool stop_ = false;  // guarded by mu_
  std::thread thread_;
};

}  // namespace pavane::booking

#endif  // PAVANE_PLUGINS_BOOKING_OUTBOX_RELAY_H_
