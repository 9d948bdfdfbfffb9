#include "rules/pattern_text.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "simdjson.h"

#include "event/reason.h"

namespace pavane::rules {
namespace {

// Characters of the line that are shown on each side of the place.
constexpr size_t kExcerptMax = 60;

bool BeginsCharacter(char c) { return (c & 0xc0) != 0x80; }

size_t Characters(absl::string_view text) {
  return std::count_if(text.begin(), text.end(), BeginsCharacter);
}

// The last `max` characters of a text.
absl::string_view Last(absl::string_view text, size_t max) {
  size_t begin = text.size();
  for (size_t characters = 0; begin > 0 && characters < max; ++characters) {
    do {
      --begin;
    } while (begin > 0 && !BeginsCharacter(text[begin]));
  }
  return text.substr(begin);
}

absl::string_view First(absl::string_view text, size_t max) {
  size_t end = 0;
  for (size_t characters = 0; end < text.size() && characters < max; ++characters) {
    do {
      ++end;
    } while (end < text.size() && !BeginsCharacter(text[end]));
  }
  return text.substr(0, end);
}

// One terminal line: tabs and other control characters become spaces.
std::string Flat(absl::string_view text) {
  std::string flat(text);
  for (char& c : flat) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  }
  return flat;
}

}  // namespace

bool LongerThan(absl::string_view text, size_t characters_max) {
  return text.size() > characters_max && Characters(text) > characters_max;
}

size_t Beyond(absl::string_view text, size_t characters) { return First(text, characters).size(); }

absl::Status PatternText::Error(size_t offset, absl::string_view message, absl::string_view allowed,
                                const std::string& suggestion) const {
  const absl::string_view before = text_.substr(0, std::min(offset, text_.size()));
  const size_t newline = before.rfind('\n');
  const size_t line_start = newline == absl::string_view::npos ? 0 : newline + 1;
  const absl::string_view in_line = before.substr(line_start);
  const absl::string_view rest = text_.substr(before.size());

  pavane::v1::Place place;
  place.set_line(1 + std::count(before.begin(), before.end(), '\n'));
  place.set_column(1 + Characters(in_line));
  if (simdjson::validate_utf8(text_.data(), text_.size())) {
    const absl::string_view left = Last(in_line, kExcerptMax);
    const absl::string_view right = First(rest.substr(0, rest.find('\n')), kExcerptMax);
    place.set_excerpt(Flat(absl::StrCat(left, right)));
    place.set_excerpt_column(1 + Characters(left));
  }
  place.set_allowed(std::string(allowed));
  place.set_suggestion(suggestion);
  absl::Status status = event::Invalid(
      pavane::v1::INVALID_PATTERN,
      absl::StrCat(message, " at line ", place.line(), " column ", place.column(),
                   suggestion.empty() ? "" : absl::StrCat("; did you mean ", suggestion, "?"),
                   allowed.empty() ? "" : "; ", allowed));
  event::SetPlace(place, &status);
  return status;
}

}  // namespace pavane::rules
