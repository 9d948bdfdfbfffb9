#include "plugins/booking/order_check.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"

#include "plugins/common/status_macros.h"

namespace pavane::booking {
namespace {

constexpr size_t kTextBytesMax = 200;

absl::Status CheckText(const plugins::Json& object, const char* field, const std::string& name) {
  const std::string text = plugins::GetStringOr(object, field, "");
  if (text.empty()) return absl::InvalidArgumentError(absl::StrCat(name, " is missing"));
  if (text.size() > kTextBytesMax) {
    return absl::InvalidArgumentError(
        absl::StrCat(name, " is longer than ", kTextBytesMax, " bytes"));
  }
  return absl::OkStatus();
}

absl::Status CheckEmail(const std::string& email) {
  const size_t at = email.find('@');
  if (at == std::string::npos || at == 0 || at + 1 == email.size() ||
      email.find_first_of(" \r\n<>,") != std::string::npos) {
    return absl::InvalidArgumentError("passenger.email is not an e-mail address");
  }
  return absl::OkStatus();
}

absl::Status CheckDate(const std::string& date) {
  absl::CivilDay day;
  if (date.size() != 10 || !absl::ParseCivilTime(date, &day)) {
    return absl::InvalidArgumentError("trip.date is not a day of the form YYYY-MM-DD");
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckOrder(const Order& order) {
  if (order.request_id.empty() || order.request_id.size() > kTextBytesMax) {
    return absl::InvalidArgumentError("request_id is missing or too long");
  }
  RETURN_IF_ERROR(CheckText(order.passenger, "name", "passenger.name"));
  RETURN_IF_ERROR(CheckText(order.passenger, "email", "passenger.email"));
  RETURN_IF_ERROR(CheckEmail(plugins::GetStringOr(order.passenger, "email", "")));
  RETURN_IF_ERROR(CheckText(order.trip, "flight", "trip.flight"));
  RETURN_IF_ERROR(CheckText(order.trip, "cabin", "trip.cabin"));
  RETURN_IF_ERROR(CheckDate(plugins::GetStringOr(order.trip, "date", "")));
  RETURN_IF_ERROR(CheckText(order.card, "number", "card.number"));
  RETURN_IF_ERROR(CheckText(order.card, "expiry", "card.expiry"));
  if (order.amount_cents <= 0) return absl::InvalidArgumentError("amount_cents must be above 0");
  if (order.currency.size() != 3) {
    return absl::InvalidArgumentError("currency is not an ISO 4217 code");
  }
  return absl::OkStatus();
}

}  // namespace pavane::booking
