#include "ingress/forwarder.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

#include "base/status_macros.h"
#include "event/event_header.h"
#include "event/view_buffer.h"

namespace pavane::ingress {
namespace {

// One event on its way to another bus. Matched on the writer thread, with the rules of its commit.
class ForwardedEvent : public delivery::PreparedEvents {
 public:
  ForwardedEvent(const RuleBook& rules, std::string bus, event::StoredEventPtr event)
      : rules_(rules), bus_(std::move(bus)), event_(std::move(event)) {}

  absl::StatusOr<std::vector<store::EmittedEvent>> Append(store::CommitBuilder& commit,
                                                          const event::StoredEvent& consumed,
                                                          TargetId /*target*/) override {
    const RuleSnapshotPtr rules = rules_.snapshot();
    const BusRulesPtr bus = rules->FindBus(bus_);
    if (bus == nullptr) return UnknownBus(bus_);
    event::ViewBuffer buffer;
    ASSIGN_OR_RETURN(const event::EventView view, buffer.FillStored(consumed));
    ASSIGN_OR_RETURN(Matched matched, rules->Match(*bus, view));
    ASSIGN_OR_RETURN(const event::EventHeader header, event::ReadEventHeader(consumed.bytes));
    event::StoredEvent stored = consumed;
    stored.ref = event::EventRef{bus->bus->id, Sequence()};
    stored.matched_rules = matched.rules;
    stored.hops = consumed.hops + 1;
    stored.cause = consumed.ref;
    const store::AppendResult appended = commit.AppendEvent(
        std::move(stored), std::move(matched.targets), std::move(matched.key_hashes));
    return std::vector<store::EmittedEvent>{{.event = appended.event,
                                             .matched_rules = appended.matched_rules,
                                             .duplicate = appended.duplicate,
                                             .event_id = std::string(header.id)}};
  }
  size_t bytes() const override { return 512 + event_->bytes.size(); }
  size_t count() const override { return 1; }
  uint64_t content_hash() const override { return 0; }  // the broker does not repeat itself

 private:
  const RuleBook& rules_;
  const std::string bus_;
  const event::StoredEventPtr event_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<delivery::PreparedEvents>> Forwarder::Forward(
    const std::string& bus, event::StoredEventPtr event) const {
  if (rules_.snapshot()->FindBus(bus) == nullptr) return UnknownBus(bus);
  if (event->hops >= kHopsMax) {
    return absl::OutOfRangeError(absl::StrCat("the event was forwarded through ", event->hops,
                                              " buses; at most ", kHopsMax));
  }
  return std::unique_ptr<delivery::PreparedEvents>(
      std::make_unique<ForwardedEvent>(rules_, bus, std::move(event)));
}

}  // namespace pavane::ingress
