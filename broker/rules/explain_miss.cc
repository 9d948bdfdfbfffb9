#include "rules/explain_miss.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

#include "base/edit_distance.h"
#include "base/utf8.h"
#include "event/json_text.h"
#include "rules/case_text.h"
#include "rules/ip_address.h"
#include "rules/json_string.h"
#include "rules/number.h"
#include "rules/wildcard.h"

namespace pavane::rules {
namespace {

using Kind = ValueTest::Kind;
using Value = FlatEvent::Value;

// Bytes of a text that the words quote.
constexpr size_t kQuotedMax = 60;
// Texts of fewer characters, or more bytes, are not compared edit by edit.
constexpr size_t kEditedMin = 4;
constexpr size_t kEditedMax = 64;
// Longer texts are not folded themselves.
constexpr size_t kFoldedMax = 256;
// Values that are looked at for the nearest miss.
constexpr size_t kValuesMax = 200;

bool IsCharacterStart(char c) { return (c & 0xc0) != 0x80; }

size_t CharacterCount(absl::string_view text) {
  return std::count_if(text.begin(), text.end(), IsCharacterStart);
}

// Bytes that both begin with, whole characters.
size_t CommonPrefix(absl::string_view a, absl::string_view b) {
  size_t same = 0;
  while (same < a.size() && same < b.size() && a[same] == b[same]) ++same;
  while (same > 0 && ((same < a.size() && !IsCharacterStart(a[same])) ||
                      (same < b.size() && !IsCharacterStart(b[same])))) {
    --same;
  }
  return same;
}

size_t CommonSuffix(absl::string_view a, absl::string_view b) {
  size_t same = 0;
  while (same < a.size() && same < b.size() && a[a.size() - 1 - same] == b[b.size() - 1 - same]) {
    ++same;
  }
  while (same > 0 && !IsCharacterStart(a[a.size() - same])) --same;
  return same;
}

std::string Quoted(absl::string_view text) { return ShowText(std::string(text), kQuotedMax); }

NearMiss Make(Miss kind, std::string words) { return {kind, std::move(words)}; }

absl::string_view TypeOf(const Value& value) {
  switch (value.kind) {
    case Value::Kind::kString:
      return "a string";
    case Value::Kind::kNumber:
      return "a number";
    case Value::Kind::kLiteral:
      return value.text == "null" ? "null" : "a boolean";
  }
  return "";
}

NearMiss WrongType(const Value& value, absl::string_view wanted, bool same_spelling) {
  return Make(same_spelling ? Miss::kType : Miss::kOtherType,
              absl::StrCat(ShowValue(value, kQuotedMax), " is ", TypeOf(value), ", not ", wanted));
}

// A text where another one is wanted.
NearMiss TextMiss(const std::string& wanted, const std::string& text) {
  const std::string shown = Quoted(text);
  if (CaseText(wanted).Equals(text) ||
      (text.size() <= kFoldedMax && CaseText(text).Equals(wanted))) {
    return Make(Miss::kCase, absl::StrCat(shown, " differs in case"));
  }
  if (absl::StripAsciiWhitespace(text) == absl::StripAsciiWhitespace(wanted)) {
    return Make(Miss::kWhiteSpace, absl::StrCat(shown, " differs in white space at its ends"));
  }
  if (std::max(wanted.size(), text.size()) <= kEditedMax && CharacterCount(wanted) >= kEditedMin) {
    const size_t edits = EditDistance(wanted, text);
    if (edits <= 2) {
      return Make(Miss::kSpelling, absl::StrCat(shown, " differs by ", edits,
                                                edits == 1 ? " character" : " characters"));
    }
  }
  return Make(Miss::kDiffers, absl::StrCat(shown, " is another text"));
}

NearMiss PrefixMiss(const std::string& wanted, const std::string& text, bool any_case) {
  if (!any_case && CaseText(wanted).IsPrefixOf(text)) {
    return Make(Miss::kCase, absl::StrCat(Quoted(text), " begins so, but in another case"));
  }
  const size_t same = CommonPrefix(wanted, text);
  if (same == 0) {
    return Make(Miss::kDiffers, absl::StrCat(Quoted(text), " begins otherwise"));
  }
  return Make(Miss::kPart, absl::StrCat(Quoted(text), " begins only with ",
                                        Quoted(absl::string_view(wanted).substr(0, same)), " of ",
                                        Quoted(wanted)));
}

NearMiss SuffixMiss(const std::string& wanted, const std::string& text, bool any_case) {
  if (!any_case && CaseText(wanted).IsSuffixOf(text)) {
    return Make(Miss::kCase, absl::StrCat(Quoted(text), " ends so, but in another case"));
  }
  const size_t same = CommonSuffix(wanted, text);
  if (same == 0) return Make(Miss::kDiffers, absl::StrCat(Quoted(text), " ends otherwise"));
  return Make(Miss::kPart,
              absl::StrCat(Quoted(text), " ends only with ",
                           Quoted(absl::string_view(wanted).substr(wanted.size() - same)), " of ",
                           Quoted(wanted)));
}

// In the lower case of each character. What a wildcard's syntax is made of has no case.
std::string LowerCase(const std::string& text) {
  std::string lower;
  const CaseText cased(text);
  for (const auto& [lower_case, upper_case] : cased.characters()) lower += lower_case;
  return lower;
}

NearMiss WildcardMiss(const std::string& wanted, const std::string& text) {
  const std::string shown = Quoted(text);
  const std::vector<std::string> pieces = Wildcard::Parse(wanted)->pieces();
  if (pieces.size() == 1) return TextMiss(pieces[0], text);
  if (text.size() <= kFoldedMax && Wildcard::Parse(LowerCase(wanted))->Matches(LowerCase(text))) {
    return Make(Miss::kCase, absl::StrCat(shown, " differs in case"));
  }
  if (!absl::StartsWith(text, pieces.front())) {
    return Make(Miss::kDiffers, absl::StrCat(shown, " does not begin with ", Quoted(pieces[0])));
  }
  size_t at = pieces.front().size();
  for (size_t i = 1; i + 1 < pieces.size(); ++i) {
    const size_t found = text.find(pieces[i], at);
    if (found == std::string::npos) {
      return Make(Miss::kPart, absl::StrCat(shown, " has no ", Quoted(pieces[i]),
                                            at == 0 ? "" : " after what fits"));
    }
    at = found + pieces[i].size();
  }
  return Make(Miss::kPart, absl::StrCat(shown, " does not end with ", Quoted(pieces.back()),
                                        at == 0 ? "" : " after what fits"));
}

// The shortest spelling that reads back as the number; without an exponent where that is readable.
std::string BoundText(double value) {
  const double size = std::abs(value);
  const bool plain = size == 0 || (size >= 1e-6 && size < 1e15);
  char text[32];
  const auto end = std::to_chars(text, text + sizeof(text), value,
                                 plain ? std::chars_format::fixed : std::chars_format::general);
  return std::string(text, end.ptr);
}

NearMiss NumericMiss(const ValueTest& test, const Value& value) {
  if (value.kind != Value::Kind::kNumber) {
    const bool spelled = value.kind == Value::Kind::kString && !value.text.empty() &&
                         value.text.find_first_not_of("0123456789.-+eE") == std::string::npos;
    return WrongType(value, "a number", spelled);
  }
  const std::string shown = ShowValue(value, kQuotedMax);
  const std::optional<double> number = ComparableNumber(value.text);
  if (!number) {
    return Make(Miss::kNotComparable, absl::StrCat(shown, " has more digits than can be compared"));
  }
  const bool below = test.low.present &&
                     (test.low.inclusive ? *number < test.low.value : *number <= test.low.value);
  const ValueTest::Bound& bound = below ? test.low : test.high;
  if (*number == bound.value) {
    return Make(Miss::kRange,
                absl::StrCat(shown, " is the bound, which does not belong to the range"));
  }
  return Make(Miss::kRange, absl::StrCat(shown, below ? " is less than " : " is more than ",
                                         BoundText(bound.value), ", by ",
                                         absl::SixDigits(std::abs(bound.value - *number))));
}

NearMiss NumberMiss(const ValueTest& test, const Value& value) {
  if (value.kind == Value::Kind::kNumber) {
    return Make(Miss::kDiffers, absl::StrCat(ShowValue(value, kQuotedMax), " is another number"));
  }
  return WrongType(value, "a number", value.text == test.texts[0]);
}

int SharedBits(const IpAddress& a, const IpAddress& b) {
  int bits = 0;
  while (bits < 128 && ((a.bytes[bits / 8] ^ b.bytes[bits / 8]) & (0x80 >> (bits % 8))) == 0) {
    ++bits;
  }
  return bits;
}

NearMiss BlockMiss(const ValueTest& test, const std::string& text) {
  const std::optional<IpAddress> address = IpAddress::Parse(text);
  if (!address) {
    return Make(Miss::kNoAddress, absl::StrCat(Quoted(text), " is no IP address"));
  }
  if (address->is_v4 != test.block.address.is_v4) {
    return Make(Miss::kNoAddress,
                absl::StrCat(Quoted(text), " is an IPv", address->is_v4 ? 4 : 6,
                             " address, the block is of IPv", address->is_v4 ? 6 : 4));
  }
  return Make(Miss::kBlock, absl::StrCat(Quoted(text), " is outside the block: only ",
                                         SharedBits(*address, test.block.address), " of ",
                                         test.block.bits, " bits agree"));
}

NearMiss AddressMiss(const ValueTest& test, const std::string& text) {
  if (IpAddress::Parse(text)) {
    return Make(Miss::kDiffers, absl::StrCat(Quoted(text), " is another address"));
  }
  return TextMiss(test.texts[0], text);
}

NearMiss LiteralMiss(const ValueTest& test, const Value& value) {
  if (value.kind == Value::Kind::kLiteral) {
    return Make(Miss::kDiffers, absl::StrCat(value.text, " is not ", test.texts[0]));
  }
  return WrongType(value, test.texts[0] == "null" ? "null" : "a boolean",
                   value.text == test.texts[0]);
}

NearMiss ExcludedMiss(const ValueTest& test, const Value& value) {
  const std::string shown = ShowValue(value, kQuotedMax);
  switch (test.kind) {
    case Kind::kAnythingButPrefix:
      return Make(Miss::kExcluded, absl::StrCat(shown, " begins with what is excluded"));
    case Kind::kAnythingButSuffix:
      return Make(Miss::kExcluded, absl::StrCat(shown, " ends with what is excluded"));
    case Kind::kAnythingButWildcard:
      return Make(Miss::kExcluded, absl::StrCat(shown, " fits what is excluded"));
    default:
      return Make(Miss::kExcluded, absl::StrCat(shown, " is excluded"));
  }
}

// Nothing stands at the path; what is near it often tells why.
NearMiss AbsentMiss(const FlatEvent::Structure& structure) {
  std::string words = "the field is absent";
  if (!structure.other_case.empty()) {
    absl::StrAppend(&words, ", but ", Printable(structure.other_case),
                    " is there, which differs in case");
  } else if (!structure.leaf.empty()) {
    absl::StrAppend(&words, ": ", Printable(structure.leaf), " is ",
                    ShowValue(structure.leaf_value, kQuotedMax), ", no object");
  }
  return Make(Miss::kAbsent, std::move(words));
}

NearMiss StringMiss(const ValueTest& test, const std::string& text) {
  const std::string& wanted = test.texts.empty() ? text : test.texts[0];
  switch (test.kind) {
    case Kind::kPrefix:
      return PrefixMiss(wanted, text, false);
    case Kind::kPrefixIgnoreCase:
      return PrefixMiss(wanted, text, true);
    case Kind::kSuffix:
      return SuffixMiss(wanted, text, false);
    case Kind::kSuffixIgnoreCase:
      return SuffixMiss(wanted, text, true);
    case Kind::kWildcard:
      return WildcardMiss(wanted, text);
    case Kind::kCidr:
      return BlockMiss(test, text);
    case Kind::kString:
      return test.is_address ? AddressMiss(test, text) : TextMiss(wanted, text);
    default:
      return TextMiss(wanted, text);
  }
}

}  // namespace

NearMiss MissOf(const ValueTest& test, const Value& value) {
  if (test.kind >= Kind::kAnythingBut) return ExcludedMiss(test, value);
  switch (test.kind) {
    case Kind::kNumber:
      return NumberMiss(test, value);
    case Kind::kNumeric:
      return NumericMiss(test, value);
    case Kind::kLiteral:
      return LiteralMiss(test, value);
    default:
      break;
  }
  if (value.kind == Value::Kind::kString) return StringMiss(test, value.text);
  return WrongType(value, "a string", !test.texts.empty() && value.text == test.texts[0]);
}

NearMiss NearestMiss(const ValueTest& test, const std::vector<Value>& values,
                     const FlatEvent::Structure& structure) {
  if (test.kind == Kind::kExists && !test.exists) {
    return Make(Miss::kPresent,
                absl::StrCat("there is a value: ", ShowValue(values.front(), kQuotedMax)));
  }
  if (values.empty()) {
    if (structure.object) return Make(Miss::kObject, "an object is there, no value");
    if (structure.empty_array) return Make(Miss::kEmptyArray, "an empty array is there, no value");
    return AbsentMiss(structure);
  }
  NearMiss nearest;
  for (size_t i = 0; i < values.size() && i < kValuesMax; ++i) {
    nearest = Nearer(nearest, MissOf(test, values[i]));
  }
  return nearest;
}

const NearMiss& Nearer(const NearMiss& a, const NearMiss& b) {
  if (a.kind == Miss::kNone) return b;
  if (b.kind == Miss::kNone) return a;
  return b.kind < a.kind ? b : a;
}

std::string Printable(std::string text) {
  if (IsValidUtf8(text)) return text;
  // Halves of surrogate pairs, three bytes each, are all that is no UTF-8 in a validated text.
  std::string printable;
  for (const char* at = text.data(); at < text.data() + text.size();) {
    const char* begin = at;
    const char32_t c = NextCodePoint(&at);
    if (c >= 0xd800 && c <= 0xdfff) {
      absl::StrAppendFormat(&printable, "\\u%04x", static_cast<uint32_t>(c));
    } else {
      printable.append(begin, at);
    }
  }
  return printable;
}

std::string ShowText(const std::string& text, size_t bytes_max) {
  std::string shown;
  if (text.size() <= bytes_max) {
    event::AppendJsonString(text, &shown);
    return Printable(std::move(shown));
  }
  size_t end = bytes_max;
  while (end > 0 && !IsCharacterStart(text[end])) --end;
  event::AppendJsonString(absl::string_view(text).substr(0, end), &shown);
  return Printable(shown + "...");
}

std::string ShowValue(const Value& value, size_t bytes_max) {
  if (value.kind == Value::Kind::kString) return ShowText(value.text, bytes_max);
  if (value.text.size() <= bytes_max) return value.text;
  return value.text.substr(0, bytes_max) + "...";
}

}  // namespace pavane::rules
