// The booking service without its doors: commands of customers, events of other services.
#ifndef PAVANE_PLUGINS_BOOKING_BOOKING_DESK_H_
#define PAVANE_PLUGINS_BOOKING_BOOKING_DESK_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "plugins/booking/booking_record.h"
#include "plugins/common/clock.h"
#include "plugins/common/database.h"
#include "plugins/common/inbox.h"
#include "plugins/common/settlement.h"

namespace pavane::booking {

// Owns the data file. Thread-safe. What a call returned is on disk.
class BookingDesk {
 public:
  static absl::StatusOr<std::unique_ptr<BookingDesk>> Open(const std::string& path,
                                                           plugins::Clock clock);

  // Stores the booking and, with it, the event BookingCreated for the outbox. A request id that was
  // used before gives the booking made then. InvalidArgument names what is missing.
  absl::StatusOr<BookingRecord> Create(const Order& order);
  absl::StatusOr<BookingRecord> Get(const std::string& booking_id);
  absl::StatusOr<std::vector<BookingRecord>> List(int64_t after, int64_t count_max,
                                                  std::optional<State> state);
  // Stores the customer's wish and, the first time, the event BookingCancellationRequested. The
  // ticket service decides who was first. FailedPrecondition once ticketed.
  absl::StatusOr<BookingRecord> Cancel(const std::string& booking_id);

  // Follows another service's event; emits BookingCancelled when it is the one that ends the
  // booking without a ticket, so once.
  plugins::Settlement Handle(const plugins::Event& event);

  // The events to publish, oldest first, and the word that some were accepted.
  absl::StatusOr<std::vector<plugins::Event>> Unpublished(int64_t count_max);
  absl::Status MarkPublished(const std::vector<std::string>& event_ids);
  // Called after each commit that put an event into the outbox. Set before first use.
  void OnUnpublished(std::function<void()> callback);

 private:
  using Emits = absl::StatusOr<std::vector<plugins::Event>>;

  BookingDesk(std::unique_ptr<plugins::Database> database, plugins::Clock clock);
  absl::StatusOr<BookingRecord> CreateWithin(plugins::Transaction& tx, const Order& order);
  absl::StatusOr<BookingRecord> CancelWithin(plugins::Transaction& tx,
                                             const std::string& booking_id);
  Emits Apply(plugins::Transaction& tx, const plugins::Event& event);

  const std::unique_ptr<plugins::Database> database_;
  const plugins::Clock clock_;
  plugins::Inbox inbox_;
  std::function<void()> on_unpublished_ = [] {};
};

}  // namespace pavane::booking

#endif  // PAVANE_PLUGINS_BOOKING_BOOKING_DESK_H_
