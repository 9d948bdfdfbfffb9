#include "admin/scheduled_admin.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

#include "admin/page_token.h"
#include "base/status_macros.h"
#include "event/hashes.h"
#include "event/timestamp.h"
#include "store/transaction.h"

namespace pavane::admin {
namespace {

using pavane::admin::v1::CancelScheduledEventsResponse;
using pavane::admin::v1::ListScheduledEventsResponse;
using Key = store::Log::ScheduledEventKey;

// Scheduled events that one List call looks at.
constexpr size_t kScheduledLookedAtMax = 20'000;

absl::StatusOr<std::optional<Key>> DecodeKey(const std::string& token) {
  ASSIGN_OR_RETURN(const auto parts, DecodePageToken(token, 2));
  if (parts.empty()) return std::nullopt;
  Key key;
  if (!absl::SimpleAtoi(parts[0], &key.due_us) || !absl::SimpleAtoi(parts[1], &key.id)) {
    return absl::InvalidArgumentError("page_token is not one that this broker gave for this call");
  }
  return key;
}

class CancelTransaction : public store::Transaction {
 public:
  using Done = std::function<void(const absl::Status&, uint32_t cancelled)>;

  CancelTransaction(std::vector<store::ScheduledEvent> events, Done done)
      : events_(std::move(events)), done_(std::move(done)) {}

  absl::Status Prepare(store::CommitBuilder& commit) override {
    for (const store::ScheduledEvent& scheduled : events_) {
      if (commit.EraseScheduled(scheduled)) ++cancelled_;
    }
    return absl::OkStatus();
  }
  void Complete(const absl::Status& status) override { done_(status, cancelled_); }
  bool reserved() const override { return true; }
  uint64_t lane() const override { return store::kAdminLane; }

 private:
  const std::vector<store::ScheduledEvent> events_;
  const Done done_;
  uint32_t cancelled_ = 0;
};

}  // namespace

absl::StatusOr<ListScheduledEventsResponse> ScheduledAdmin::List(
    const pavane::admin::v1::ListScheduledEventsRequest& request) const {
  ASSIGN_OR_RETURN(const size_t page_size, PageSize(request.page_size()));
  ASSIGN_OR_RETURN(std::optional<Key> after, DecodeKey(request.page_token()));
  const auto catalog = rules_.snapshot()->catalog_ptr();
  if (!request.bus().empty() && catalog->FindBus(request.bus()) == nullptr) {
    return ingress::UnknownBus(request.bus());
  }
  ListScheduledEventsResponse response;
  size_t looked_at = 0;
  bool more = false;
  RETURN_IF_ERROR(log_.VisitScheduled(after, [&](const store::ScheduledEvent& scheduled) {
    if (size_t(response.events_size()) == page_size || looked_at++ == kScheduledLookedAtMax) {
      more = true;
      return false;
    }
    after = Key{scheduled.due_us, scheduled.id};
    const store::BusEntryPtr bus = catalog->FindBus(scheduled.event->ref.bus);
    const std::string name = bus == nullptr ? "" : bus->bus.name();
    if (!request.bus().empty() && name != request.bus()) return true;
    pavane::admin::v1::ScheduledEvent& shown = *response.add_events();
    shown.set_bus(name);
    event::SetTimestamp(scheduled.due_us, shown.mutable_deliver_at());
    event::SetTimestamp(scheduled.accepted_us, shown.mutable_accepted_at());
    shown.mutable_event()->ParseFromString(scheduled.event->bytes);
    return true;
  }));
  if (more) {
    response.set_next_page_token(
        EncodePageToken({absl::StrCat(after->due_us), absl::StrCat(after->id)}));
  }
  return response;
}

void ScheduledAdmin::Cancel(const pavane::admin::v1::CancelScheduledEventsRequest& request,
                            Callback<CancelScheduledEventsResponse> callback) {
  if (absl::Status open = gate_.CheckChange(); !open.ok()) return callback(open);
  if (request.id().empty()) return callback(absl::InvalidArgumentError("id must not be empty"));
  const absl::string_view bus_name = ingress::BusNameOrDefault(request.bus());
  const store::BusEntryPtr bus = rules_.snapshot()->catalog().FindBus(bus_name);
  if (bus == nullptr) return callback(ingress::UnknownBus(bus_name));
  const event::Hash128 id_hash = event::HashId(request.id());
  std::vector<store::ScheduledEvent> found;
  const absl::Status read =
      log_.VisitScheduled(std::nullopt, [&](const store::ScheduledEvent& scheduled) {
        if (scheduled.event->ref.bus != bus->id || scheduled.event->id_hash != id_hash) return true;
        io::cloudevents::v1::CloudEvent event;
        event.ParseFromString(scheduled.event->bytes);
        if (request.source().empty() || event.source() == request.source()) {
          found.push_back(scheduled);
        }
        return true;
      });
  if (!read.ok()) return callback(read);
  const absl::Status none = absl::NotFoundError(absl::StrCat(
      "no event '", request.id().substr(0, 256), "' is scheduled on bus '", bus_name, "'"));
  if (found.empty()) return callback(none);
  auto answered = std::make_shared<Callback<CancelScheduledEventsResponse>>(std::move(callback));
  std::unique_ptr<store::Transaction> transaction = std::make_unique<CancelTransaction>(
      std::move(found), [answered, none](const absl::Status& status, uint32_t cancelled) {
        if (!status.ok()) return (*answered)(ingress::ToCaller(status));
        if (cancelled == 0) return (*answered)(none);  // appended meanwhile
        CancelScheduledEventsResponse response;
        response.set_cancelled(cancelled);
        (*answered)(std::move(response));
      });
  if (writer_.Submit(transaction)) return;
  const absl::Status state = gate_.CheckChange();
  (*answered)(state.ok() ? ingress::Overloaded() : state);
}

}  // namespace pavane::admin
