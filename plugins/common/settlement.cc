#include "plugins/common/settlement.h"

#include <utility>

namespace pavane::plugins {

Settlement Settlement::Ack(std::vector<Event> emits) {
  Settlement settlement;
  settlement.emits = std::move(emits);
  return settlement;
}

Settlement Settlement::Nack(std::string code, std::string message) {
  return {Kind::kNack, {}, std::move(code), std::move(message)};
}

Settlement Settlement::Reject(std::string code, std::string message) {
  return {Kind::kReject, {}, std::move(code), std::move(message)};
}

Settlement Settlement::From(absl::StatusOr<std::vector<Event>> emits) {
  if (emits.ok()) return Ack(*std::move(emits));
  std::string message(emits.status().message());
  if (absl::IsInvalidArgument(emits.status())) return Reject("INVALID_EVENT", std::move(message));
  if (absl::IsNotFound(emits.status())) return Reject("UNKNOWN_SUBJECT", std::move(message));
  return Nack("STORE_FAILED", std::move(message));
}

}  // namespace pavane::plugins
