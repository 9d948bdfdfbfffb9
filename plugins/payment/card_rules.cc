#include "plugins/payment/card_rules.h"

#include <array>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace pavane::payment {
namespace {

struct TestCard {
  const char* digits;
  const char* code;
  const char* reason;
};

// In place of an issuer: the numbers that payment sandboxes commonly decline.
constexpr std::array<TestCard, 4> kDeclinedTestCards = {{
    {"4000000000000002", "CARD_DECLINED", "the bank declined the card"},
    {"4000000000009995", "INSUFFICIENT_FUNDS", "the account does not cover the amount"},
    {"4000000000009987", "CARD_LOST", "the card was reported lost"},
    {"4000000000009979", "CARD_STOLEN", "the card was reported stolen"},
}};

std::optional<absl::CivilMonth> ParseExpiry(const std::string& expiry) {
  int month = 0;
  int year = 0;
  if (expiry.size() != 5 || expiry[2] != '/' || !absl::SimpleAtoi(expiry.substr(0, 2), &month) ||
      !absl::SimpleAtoi(expiry.substr(3), &year) || month < 1 || month > 12) {
    return std::nullopt;
  }
  return absl::CivilMonth(2000 + year, month);
}

std::string Money(int64_t cents) { return absl::StrFormat("%d.%02d", cents / 100, cents % 100); }

std::optional<Decline> RefuseNumber(const std::string& digits) {
  if (digits.size() < 12 || digits.size() > 19 || !PassesLuhn(digits)) {
    return Decline{"CARD_NUMBER_INVALID", "the card number is not valid"};
  }
  return std::nullopt;
}

std::optional<Decline> RefuseExpiry(const std::string& expiry, absl::CivilMonth now) {
  const std::optional<absl::CivilMonth> month = ParseExpiry(expiry);
  if (!month) return Decline{"CARD_EXPIRY_INVALID", "the expiry is not of the form MM/YY"};
  if (*month < now) return Decline{"CARD_EXPIRED", absl::StrCat("the card expired in ", expiry)};
  return std::nullopt;
}

std::optional<Decline> RefuseAmount(const Charge& charge, const Limits& limits) {
  if (charge.currency != limits.currency) {
    return Decline{"CURRENCY_NOT_SUPPORTED", absl::StrCat("only ", limits.currency, " is taken")};
  }
  if (charge.amount_cents <= 0) {
    return Decline{"AMOUNT_INVALID", "the amount must be positive"};
  }
  if (charge.amount_cents > limits.payment_cents_max) {
    return Decline{"AMOUNT_OVER_LIMIT",
                   absl::StrCat("more than ", Money(limits.payment_cents_max), " a payment")};
  }
  if (charge.captured_today_cents > limits.card_day_cents_max - charge.amount_cents) {
    return Decline{"CARD_OVER_DAILY_LIMIT",
                   absl::StrCat("more than ", Money(limits.card_day_cents_max), " a day")};
  }
  return std::nullopt;
}

std::optional<Decline> AskIssuer(const std::string& digits) {
  for (const TestCard& card : kDeclinedTestCards) {
    if (digits == card.digits) return Decline{card.code, card.reason};
  }
  return std::nullopt;
}

}  // namespace

std::string CardDigits(const std::string& number) {
  std::string digits;
  for (const char c : number) {
    if (c >= '0' && c <= '9') {
      digits.push_back(c);
    } else if (c != ' ' && c != '-') {
      return "";
    }
  }
  return digits;
}

bool PassesLuhn(const std::string& digits) {
  int sum = 0;
  bool doubled = false;
  for (auto digit = digits.rbegin(); digit != digits.rend(); ++digit, doubled = !doubled) {
    const int value = (*digit - '0') * (doubled ? 2 : 1);
    sum += value > 9 ? value - 9 : value;
  }
  return !digits.empty() && sum % 10 == 0;
}

std::optional<Decline> Refuse(const Charge& charge, const Limits& limits, absl::CivilMonth now) {
  const std::string digits = CardDigits(charge.card.number);
  if (auto decline = RefuseNumber(digits)) return decline;
  if (auto decline = RefuseExpiry(charge.card.expiry, now)) return decline;
  if (auto decline = RefuseAmount(charge, limits)) return decline;
  return AskIssuer(digits);
}

}  // namespace pavane::payment
