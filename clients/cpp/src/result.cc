#include "pavane/result.h"

#include <utility>

namespace pavane {
inline namespace client {
namespace {

Result Make(Result::Outcome outcome) {
  Result result;
  result.outcome = outcome;
  return result;
}

}  // namespace

Result Ack(std::vector<PublishEntry> emits) {
  Result result = Make(Result::Outcome::kAck);
  result.emits = std::move(emits);
  return result;
}

Result Nack(std::string_view code, std::string_view message) {
  Result result = Make(Result::Outcome::kNack);
  result.code = code;
  result.message = message;
  return result;
}

Result Nack(std::chrono::milliseconds delay, std::string_view code, std::string_view message) {
  Result result = Nack(code, message);
  result.delay = delay;
  return result;
}

Result Reject(std::string_view code, std::string_view message, std::vector<PublishEntry> emits) {
  Result result = Make(Result::Outcome::kReject);
  result.code = code;
  result.message = message;
  result.emits = std::move(emits);
  return result;
}

Result Release() { return Make(Result::Outcome::kRelease); }

}  // namespace client
}  // namespace pavane
