// Whether a card may be charged. Pure: no clock, no store.
#ifndef PAVANE_PLUGINS_PAYMENT_CARD_RULES_H_
#define PAVANE_PLUGINS_PAYMENT_CARD_RULES_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/time/civil_time.h"

namespace pavane::payment {

struct Card {
  std::string number;  // 12 to 19 digits; spaces and dashes between them are allowed
  std::string expiry;  // MM/YY
};

struct Limits {
  std::string currency = "EUR";
  int64_t payment_cents_max = 2'500'000;
  int64_t card_day_cents_max = 5'000'000;  // captured on one card within 24 hours
};

struct Charge {
  Card card;
  int64_t amount_cents = 0;
  std::string currency;
  int64_t captured_today_cents = 0;  // on this card so far
};

// Why a card is refused. Codes are stable, UPPER_SNAKE.
struct Decline {
  std::string code;
  std::string reason;
};

// The digits of a card number, or "" when it holds anything but digits, spaces and dashes.
std::string CardDigits(const std::string& number);

// The check digit of ISO/IEC 7812.
bool PassesLuhn(const std::string& digits);

// The first rule that refuses the charge, in this order: number, expiry, currency, amount, the card
// of the day, the issuer's answer (the well-known numbers of test cards). Nothing: charge it.
std::optional<Decline> Refuse(const Charge& charge, const Limits& limits, absl::CivilMonth now);

}  // namespace pavane::payment

#endif  // PAVANE_PLUGINS_PAYMENT_CARD_RULES_H_
