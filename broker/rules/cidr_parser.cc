#include "rules/cidr_parser.h"

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"

#include "base/status_macros.h"
#include "rules/ip_address.h"
#include "rules/operator_argument.h"

namespace pavane::rules {
namespace {

// As Java reads an integer: a sign, then digits only.
bool ParseBits(absl::string_view text, int* bits) {
  const absl::string_view digits = text[0] == '+' || text[0] == '-' ? text.substr(1) : text;
  for (char c : digits) {
    if (c < '0' || c > '9') return false;
  }
  return !digits.empty() && absl::SimpleAtoi(text, bits);
}

}  // namespace

absl::Status ParseCidr(const PatternText& text, const JsonNode& argument, ValueTest* test) {
  const OperatorArgument operand = {text, argument};
  RETURN_IF_ERROR(operand.TakeText(ValueTest::Kind::kCidr, "prefix", test));
  // `at`: the byte of the string that is wrong.
  const auto error = [&](size_t at, absl::string_view message) {
    return text.Error(operand.OffsetOf(at), message,
                      "allowed here: ADDRESS/BITS with an IPv4 address and 0 to 31 bits or an "
                      "IPv6 address and 0 to 127 bits");
  };
  const std::vector<std::string> halves = absl::StrSplit(argument.text, '/');
  if (halves.size() != 2 || halves[1].empty()) {
    return error(halves.size() > 2 ? halves[0].size() + 1 + halves[1].size() : argument.text.size(),
                 "Malformed CIDR, one '/' required");
  }
  const size_t mask = halves[0].size() + 1;
  int bits = 0;
  if (!ParseBits(halves[1], &bits))
    return error(mask, "Malformed CIDR, mask bits must be an integer");
  if (bits < 0) return error(mask, "Malformed CIDR, mask bits must not be negative");
  const std::optional<IpAddress> address = IpAddress::Parse(halves[0]);
  if (!address.has_value()) return error(0, absl::StrCat("Nonstandard IP address: ", halves[0]));
  if (address->is_v4 && bits > 31) return error(mask, "IPv4 mask bits must be < 32");
  if (!address->is_v4 && bits > 127) return error(mask, "IPv6 mask bits must be < 128");
  test->block.address = *address;
  test->block.bits = bits;
  for (int bit = bits; bit < 128; ++bit) {
    test->block.address.bytes[bit / 8] &= static_cast<uint8_t>(~(0x80 >> (bit % 8)));
  }
  return absl::OkStatus();
}

}  // namespace pavane::rules
