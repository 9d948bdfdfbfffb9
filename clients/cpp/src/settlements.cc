#include "clients/cpp/src/settlements.h"

#include <utility>

#include "clients/cpp/src/durations.h"
#include "clients/cpp/src/utf8.h"

namespace pavane {
inline namespace client {
namespace internal {
namespace {

constexpr size_t kCodeBytesMax = 128;
constexpr size_t kErrorTextBytesMax = 1'024;

// Whether all emits can be sent.
Error CheckEmits(const google::protobuf::RepeatedPtrField<pavane::v1::PublishEntry>& emits) {
  for (const pavane::v1::PublishEntry& emit : emits) {
    if (Error error = CheckText(emit); !error.ok()) return error;
  }
  return {};
}

void SetNack(const Result& result, pavane::v1::Settlement::Nack& nack) {
  if (result.delay) *nack.mutable_delay() = ToMessage(*result.delay);
  nack.set_code(CleanUtf8(result.code, kCodeBytesMax));
  nack.set_message(CleanUtf8(result.message, kErrorTextBytesMax));
}

template <class Message>
void AddEmits(std::vector<PublishEntry> emits, const std::string& source, Message& message) {
  for (PublishEntry& emit : emits) {
    if (emit.event.source().empty()) emit.event.SetSource(source);
    pavane::v1::PublishEntry& entry = *message.add_emits();
    *entry.mutable_event() = std::move(emit.event.mutable_message());
    entry.set_bus(std::move(emit.bus));
    entry.set_dedup_key(std::move(emit.dedup_key));
  }
}

}  // namespace

pavane::v1::Settlement MakeSettlement(std::string_view delivery_id, Result result,
                                      const std::string& source) {
  pavane::v1::Settlement settlement;
  settlement.set_delivery_id(delivery_id.data(), delivery_id.size());
  switch (result.outcome) {
    case Result::Outcome::kAck:
      AddEmits(std::move(result.emits), source, *settlement.mutable_ack());
      break;
    case Result::Outcome::kNack:
      SetNack(result, *settlement.mutable_nack());
      break;
    case Result::Outcome::kReject: {
      auto& reject = *settlement.mutable_reject();
      reject.set_code(CleanUtf8(result.code, kCodeBytesMax));
      reject.set_message(CleanUtf8(result.message, kErrorTextBytesMax));
      AddEmits(std::move(result.emits), source, reject);
      break;
    }
    case Result::Outcome::kRelease:
      settlement.mutable_release();
      break;
  }
  const auto& emits = settlement.has_ack() ? settlement.ack().emits() : settlement.reject().emits();
  if (const Error error = CheckEmits(emits); !error.ok()) {
    SetNack(Nack("INVALID_EMIT", error.ToString()), *settlement.mutable_nack());
  }
  return settlement;
}

}  // namespace internal
}  // namespace client
}  // namespace pavane
