#include "plugins/ticket/fault_switch.h"

#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"

#include "plugins/common/file.h"

namespace pavane::ticket {
namespace {

constexpr char kCode[] = "TICKET_STOCK_UNREACHABLE";
constexpr char kDefaultMessage[] = "the ticket stock cannot be reached";

}  // namespace

FaultSwitch::FaultSwitch(std::string path) : path_(std::move(path)) {}

std::optional<plugins::Settlement> FaultSwitch::Failure() const {
  if (path_.empty()) return std::nullopt;
  const absl::StatusOr<std::string> text = plugins::ReadFile(path_);
  if (!text.ok()) return std::nullopt;
  const size_t word = text->find_first_of(" \n");
  const bool nack = absl::StartsWith(*text, "nack");
  std::string message(word == std::string::npos ? ""
                                                : absl::StripAsciiWhitespace(text->substr(word)));
  if (message.empty()) message = kDefaultMessage;
  return nack ? plugins::Settlement::Nack(kCode, std::move(message))
              : plugins::Settlement::Reject(kCode, std::move(message));
}

}  // namespace pavane::ticket
