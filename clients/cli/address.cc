#include "clients/cli/address.h"

#include <cstdlib>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

#include "clients/cli/status.h"

namespace pavane::cli {
namespace {

constexpr absl::string_view kDefaultPort = "7440";

absl::Status BadAddress(absl::string_view text, absl::string_view why) {
  return UsageError(absl::StrCat("'", text, "' is not an address: ", why,
                                 "; give HOST:PORT of the broker's gRPC door, or unix:PATH"));
}

}  // namespace

absl::StatusOr<std::string> ParseAddress(absl::string_view text) {
  if (absl::StrContains(text, "://")) return BadAddress(text, "it is a URL");
  if (absl::string_view path = text; absl::ConsumePrefix(&path, "unix:")) {
    if (path.empty()) return BadAddress(text, "the path is empty");
    return std::string(text);
  }
  absl::string_view host = text;
  absl::string_view port = kDefaultPort;
  const size_t bracket = text.rfind(']');
  const size_t colon = text.rfind(':');
  const bool has_port =
      colon != absl::string_view::npos && (bracket == absl::string_view::npos || colon > bracket);
  if (has_port) {
    host = text.substr(0, colon);
    port = text.substr(colon + 1);
  }
  if (host.empty()) {
    if (!has_port) return BadAddress(text, "it is empty");
    host = "127.0.0.1";
  }
  if (host[0] != '[' && absl::StrContains(host, ":")) {
    return BadAddress(text, "an IPv6 address needs brackets, like [::1]:7440");
  }
  int number;
  if (!absl::SimpleAtoi(port, &number) || number < 1 || number > 65535) {
    return BadAddress(text, "the port must be 1 to 65535");
  }
  return absl::StrCat(host, ":", number);
}

std::string ChooseAddress(absl::string_view flag) {
  if (!flag.empty()) return std::string(flag);
  for (const char* name : {"PAVANE_ADDRESS", "PAVANE_GRPC_ADDRESS"}) {
    const char* value = std::getenv(name);
    if (value != nullptr && *value != '\0') return value;
  }
  return kDefaultAddress;
}

}  // namespace pavane::cli
