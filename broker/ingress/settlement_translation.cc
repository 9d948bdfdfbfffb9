#include "ingress/settlement_translation.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"

#include "base/status_macros.h"
#include "event/duration.h"
#include "event/reason.h"

namespace pavane::ingress {
namespace {

using pavane::v1::Settlement;

constexpr size_t kCodeBytesMax = 128;
constexpr size_t kMessageBytesMax = 1024;
constexpr absl::Duration kDelayMax = absl::Hours(24);
constexpr absl::Duration kDeferMax = absl::Hours(12);

absl::Status InvalidSettlement(absl::string_view why) {
  return event::Invalid(pavane::v1::INVALID_SETTLEMENT, why);
}

// The first bytes of the text that are whole characters.
std::string CutMessage(const std::string& text) {
  if (text.size() <= kMessageBytesMax) return text;
  size_t end = kMessageBytesMax;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  return text.substr(0, end);
}

absl::Status CheckCode(const std::string& code) {
  if (code.size() <= kCodeBytesMax) return absl::OkStatus();
  return InvalidSettlement(
      absl::StrCat("the code has ", code.size(), " bytes; at most ", kCodeBytesMax));
}

absl::StatusOr<std::unique_ptr<delivery::PreparedEvents>> TranslateEmits(
    const Emits::Context& context, const Gate& gate, PublishEntries& entries) {
  if (!entries.empty()) RETURN_IF_ERROR(gate.CheckSettlementWithEmits());
  return Emits::Make(context, std::move(entries));
}

absl::StatusOr<delivery::Nack> TranslateNack(const Settlement::Nack& nack) {
  RETURN_IF_ERROR(CheckCode(nack.code()));
  delivery::Nack translated;
  translated.code = nack.code();
  translated.message = CutMessage(nack.message());
  if (nack.has_delay()) {
    const absl::Duration delay = event::ToDuration(nack.delay());
    if (delay < absl::ZeroDuration()) return InvalidSettlement("the delay is negative");
    translated.delay = std::min(delay, kDelayMax);
  }
  return translated;
}

absl::StatusOr<delivery::Defer> TranslateDefer(const Settlement::Defer& defer,
                                               SettlementOrigin origin) {
  if (origin != SettlementOrigin::kDialOut) {
    return InvalidSettlement("only a dialled service may defer; extend the lease instead");
  }
  delivery::Defer translated;
  if (defer.has_lease()) {
    const absl::Duration lease = event::ToDuration(defer.lease());
    if (lease <= absl::ZeroDuration()) return InvalidSettlement("the lease must be positive");
    translated.lease = std::min(lease, kDeferMax);
  }
  return translated;
}

}  // namespace

absl::StatusOr<delivery::SettlementRequest> TranslateSettlement(const Emits::Context& context,
                                                                const Gate& gate,
                                                                SettlementOrigin origin,
                                                                Settlement settlement) {
  delivery::SettlementRequest request;
  request.delivery_id = settlement.delivery_id();
  switch (settlement.outcome_case()) {
    case Settlement::kAck: {
      delivery::Ack ack;
      ASSIGN_OR_RETURN(ack.emits,
                       TranslateEmits(context, gate, *settlement.mutable_ack()->mutable_emits()));
      request.outcome = std::move(ack);
      break;
    }
    case Settlement::kReject: {
      delivery::Reject reject;
      RETURN_IF_ERROR(CheckCode(settlement.reject().code()));
      reject.code = settlement.reject().code();
      reject.message = CutMessage(settlement.reject().message());
      ASSIGN_OR_RETURN(reject.emits, TranslateEmits(context, gate,
                                                    *settlement.mutable_reject()->mutable_emits()));
      request.outcome = std::move(reject);
      break;
    }
    case Settlement::kNack: {
      ASSIGN_OR_RETURN(request.outcome, TranslateNack(settlement.nack()));
      break;
    }
    case Settlement::kDefer: {
      ASSIGN_OR_RETURN(request.outcome, TranslateDefer(settlement.defer(), origin));
      break;
    }
    case Settlement::kRelease:
      request.outcome = delivery::Release{};
      break;
    case Settlement::OUTCOME_NOT_SET:
      return InvalidSettlement("the settlement has no outcome that this broker knows");
  }
  return request;
}

pavane::v1::SettleResult TranslateAnswer(const RuleSnapshot& rules,
                                         const delivery::SettlementAnswer& answer) {
  pavane::v1::SettleResult result;
  result.set_delivery_id(answer.delivery_id);
  result.set_repeated(answer.repeated);
  result.set_recorded_outcome(static_cast<pavane::v1::Outcome>(answer.recorded));
  if (answer.refusal) {
    *result.mutable_error() =
        event::ToError(event::Refused(event::CodeOf(answer.refusal->reason), answer.refusal->reason,
                                      answer.refusal->message, answer.refusal->retry_after));
    return result;
  }
  for (const store::EmittedEvent& emitted : answer.emitted) {
    pavane::v1::PublishResult& emit = *result.add_emits();
    emit.set_sequence(emitted.event.sequence.value());
    emit.set_matched_rules(emitted.matched_rules);
    emit.set_duplicate(emitted.duplicate);
    emit.set_scheduled(emitted.scheduled);
    emit.set_event_id(emitted.event_id);
    const store::BusEntryPtr bus = rules.catalog().FindBus(emitted.event.bus);
    if (bus != nullptr) emit.set_bus(bus->bus.name());
  }
  return result;
}

}  // namespace pavane::ingress
