#include "tests/unit/rules/random_rules.h"

#include <iterator>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"

#include "base/check.h"
#include "event/json.h"

namespace pavane::rules::testing {
namespace {

constexpr const char* kNames[] = {
    "a", "b", "c", "a", "b", "name-longer-than-eight", "a.b", "é", "", "name-longer-than-seven",
    "d"};

constexpr const char* kStrings[] = {"",
                                    "a",
                                    "b",
                                    "ab",
                                    "abc",
                                    "A",
                                    "aB",
                                    "abcabc",
                                    "aXb",
                                    "running",
                                    "RUNNING",
                                    "Running",
                                    "stop",
                                    "stopped",
                                    "ß",
                                    "SS",
                                    "ss",
                                    "straße",
                                    "STRASSE",
                                    "é",
                                    "É",
                                    "Σας",
                                    "σΑΣ",
                                    "😀",
                                    "a😀b",
                                    "ǅ",
                                    "K",
                                    "k",
                                    "10.0.0.1",
                                    "10.0.0.01",
                                    "10.0.0.9",
                                    "10.1.2.3",
                                    "::1",
                                    "0:0::1",
                                    "2001:db8::7",
                                    "::ffff:a00:1",
                                    "12:34",
                                    "1",
                                    "true",
                                    "null",
                                    "a*b",
                                    "a\\b",
                                    "quote\"d",
                                    "{[",
                                    "]}",
                                    "\n",
                                    "long text that goes on for a while",
                                    "long text that goes on for a whale",
                                    "x-mail@post.example",
                                    "y-mail@post.example",
                                    "/shop/web/12/checkout.html",
                                    "/shop/web/12345/checkout.json"};

constexpr const char* kNumbers[] = {"0",
                                    "-0",
                                    "0.0",
                                    "1",
                                    "1.0",
                                    "10e-1",
                                    "2",
                                    "3",
                                    "300",
                                    "3e2",
                                    "3.0E+2",
                                    "-1",
                                    "-1.5",
                                    "0.1",
                                    "1e-7",
                                    "5e-324",
                                    "4.9e-324",
                                    "1e400",
                                    "-1e400",
                                    "1e-400",
                                    "9007199254740993",
                                    "100000000000000000000000000000000000000000000000000",
                                    "1e50",
                                    "0.10000000000000000000000000000000000000000000000000",
                                    "3E+0000000000000000000000000000000000000000000000002",
                                    "9007199254740992",
                                    "12345678901234567890",
                                    "0.1234567890123456789",
                                    "-122.42916360922355",
                                    "1.7976931348623157e308"};

constexpr const char* kWildcards[] = {"*",
                                      "a*",
                                      "*b",
                                      "a*b",
                                      "*b*",
                                      "a*c*c",
                                      "**",
                                      "a\\\\*b",
                                      "*\\\\*",
                                      "run*g",
                                      "R*",
                                      "/shop/web/12*.html",
                                      "/shop/*/*.json",
                                      "*😀*",
                                      "",
                                      "long*while"};

template <size_t N>
std::string Pick(RandomRules* rules, const char* const (&choices)[N]) {
  return choices[rules->Below(N)];
}

// Bytes of the UTF-8 sequence that begins with `first`.
size_t SequenceSize(char first) {
  const unsigned char byte = static_cast<unsigned char>(first);
  return byte < 0x80 ? 1 : byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
}

uint32_t CodePoint(const std::string& text, size_t at, size_t size) {
  uint32_t code = static_cast<unsigned char>(text[at]);
  if (size == 1) return code;
  code &= 0x7fu >> size;
  for (size_t i = 1; i < size; ++i) {
    code = code << 6 | (static_cast<unsigned char>(text[at + i]) & 0x3f);
  }
  return code;
}

}  // namespace

std::string RandomRules::Name() { return arrays_ ? kNames[Below(3)] : Pick(this, kNames); }
std::string RandomRules::Number() { return Pick(this, kNumbers); }

std::string RandomRules::Literal() {
  static constexpr const char* kLiterals[] = {"true", "false", "null"};
  return Pick(this, kLiterals);
}

std::string RandomRules::Space() {
  static constexpr const char* kSpaces[] = {"", "", "", "", "", " ", "\n", "\t \r\n"};
  return Pick(this, kSpaces);
}

// Any character may be escaped, those beyond the basic plane as a pair.
std::string RandomRules::Quoted(const std::string& text) {
  std::string out = "\"";
  const bool escapes = OneIn(4);
  for (size_t at = 0; at < text.size();) {
    const char c = text[at];
    const size_t size = SequenceSize(c);
    const uint32_t code = CodePoint(text, at, size);
    if (code < 0x20 || (escapes && OneIn(3))) {
      if (code >= 0x10000) {
        absl::StrAppend(&out, absl::StrFormat("\\u%04x\\u%04X", 0xd7c0 + (code >> 10),
                                              0xdc00 + (code & 0x3ff)));
      } else {
        absl::StrAppend(&out, absl::StrFormat("\\u%04x", code));
      }
    } else if (c == '"' || c == '\\') {
      absl::StrAppend(&out, "\\", std::string(1, c));
    } else {
      out.append(text, at, size);
    }
    at += size;
  }
  return out + "\"";
}

// Now and then one of many, so that a path has more exact values than a mask has bits, or half of a
// surrogate pair.
std::string RandomRules::String() {
  static constexpr const char* kHalves[] = {R"("\ud83d")", R"("\ude00")", R"("a\uD83Db")",
                                            R"("\ude00\ud83d")"};
  if (OneIn(8)) return absl::StrCat("\"v", Below(100), "\"");
  if (OneIn(60)) return Pick(this, kHalves);
  return Quoted(Pick(this, kStrings));
}

std::string RandomRules::OneOrList(const std::vector<std::string>& values) {
  if (values.size() == 1 && OneIn(2)) return values[0];
  return absl::StrCat("[", absl::StrJoin(values, ","), "]");
}

std::string RandomRules::AnythingBut() {
  std::vector<std::string> values(1 + Below(3));
  static constexpr const char* kForms[] = {
      "", "", "n", "prefix", "suffix", "equals-ignore-case", "wildcard"};
  const std::string form = Pick(this, kForms);
  for (std::string& value : values) {
    value = form == "n"          ? Number()
            : form == "wildcard" ? absl::StrCat("\"", Pick(this, kWildcards), "\"")
                                 : String();
  }
  const std::string list = OneOrList(values);
  return form.empty() || form == "n" ? list : absl::StrCat("{\"", form, "\":", list, "}");
}

std::string RandomRules::Test() {
  static constexpr const char* kBlocks[] = {"10.0.0.0/8", "10.0.0.0/29", "::/0",   "2001:db8::/32",
                                            "0.0.0.0/0",  "10.0.0.1/31", "::1/127"};
  switch (Below(17)) {
    case 0:
    case 1:
    case 2:
      return String();
    case 3:
      return Number();
    case 4:
      return Literal();
    case 5:
      return absl::StrCat("{\"exists\":", OneIn(2) ? "true" : "false", "}");
    case 6:
      return absl::StrCat("{\"prefix\":", String(), "}");
    case 7:
      return absl::StrCat("{\"suffix\":", String(), "}");
    case 8:
      return absl::StrCat("{\"prefix\":{\"equals-ignore-case\":", String(), "}}");
    case 9:
      return absl::StrCat("{\"suffix\":{\"equals-ignore-case\":", String(), "}}");
    case 10:
      return absl::StrCat("{\"equals-ignore-case\":", String(), "}");
    case 11:
      return absl::StrCat("{\"wildcard\":\"", Pick(this, kWildcards), "\"}");
    case 12: {
      static constexpr const char* kLow[] = {">", ">="};
      static constexpr const char* kHigh[] = {"<", "<="};
      static constexpr const char* kAny[] = {"=", "<", "<=", ">", ">="};
      if (OneIn(3)) {
        return absl::StrCat("{\"numeric\":[\"", Pick(this, kLow), "\",", Number(), ",\"",
                            Pick(this, kHigh), "\",", Number(), "]}");
      }
      return absl::StrCat("{\"numeric\":[\"", Pick(this, kAny), "\",", Number(), "]}");
    }
    case 13:
      return absl::StrCat("{\"cidr\":\"", Pick(this, kBlocks), "\"}");
    case 14:
      return absl::StrCat("{\"exactly\":", String(), "}");
    default:
      return absl::StrCat("{\"anything-but\":", AnythingBut(), "}");
  }
}

std::string RandomRules::Field() {
  std::vector<std::string> tests(OneIn(3) ? 1 + Below(4) : 1);
  for (std::string& test : tests) test = Test();
  return absl::StrCat("[", absl::StrJoin(tests, "," + Space()), "]");
}

std::string RandomRules::Object(int depth, bool root) {
  std::vector<std::string> members(1 + Below(root ? 4 : 2));
  for (std::string& member : members) {
    if (depth < 3 && OneIn(6)) {
      std::vector<std::string> branches(2 + Below(2));
      for (std::string& branch : branches) branch = Object(depth + 1, false);
      member = absl::StrCat("\"$or\":[", absl::StrJoin(branches, ","), "]");
      continue;
    }
    member = absl::StrCat(Quoted(Name()), Space(), ":",
                          depth < 3 && OneIn(3) ? Object(depth + 1, false) : Field());
  }
  return absl::StrCat("{", absl::StrJoin(members, ","), "}");
}

std::string RandomRules::Pattern() { return Object(0, true); }

// A value that no rule names, and that is awkward to skip.
std::string RandomRules::Noise(int depth) {
  std::string out = "{\"n\":[";
  for (uint32_t i = Below(12); i > 0; --i) {
    absl::StrAppend(&out, EventValue(depth + 2), ",", String(), ",", Space(), "{\"x\":", String(),
                    "},");
  }
  return out + "[]]}";
}

std::string RandomRules::EventArray(int depth) {
  std::vector<std::string> elements(Below(OneIn(10) ? 20 : 4));
  for (std::string& element : elements) element = EventValue(depth + 1);
  return absl::StrCat("[", Space(), absl::StrJoin(elements, Space() + "," + Space()), Space(), "]");
}

std::string RandomRules::EventValue(int depth) {
  if (arrays_ && depth < 5 && OneIn(2))
    return OneIn(2) ? EventArray(depth) : EventObject(depth + 1);
  switch (Below(depth < 4 ? 9 : 5)) {
    case 0:
    case 1:
      return String();
    case 2:
    case 3:
      return Number();
    case 4:
      return Literal();
    case 5:
    case 6:
      return EventArray(depth);
    default:
      return EventObject(depth + 1);
  }
}

std::string RandomRules::EventObject(int depth) {
  std::vector<std::string> members(Below(5));
  for (std::string& member : members) {
    const bool noise = depth < 4 && OneIn(8);
    member = absl::StrCat(Space(), Quoted(noise ? "noise" : Name()), Space(), ":", Space(),
                          noise ? Noise(depth) : EventValue(depth), Space());
  }
  return absl::StrCat("{", absl::StrJoin(members, ","), "}");
}

void RandomRules::MakeEvent(RandomEvent* event) {
  event->texts.clear();
  event->member_list.clear();
  const auto padded = [&](const std::string& text) {
    std::string& kept = event->texts.emplace_back(text);
    // What follows a text must not matter.
    static constexpr const char* kPadding[] = {" ", "\"", "]}", "1", "\\"};
    const std::string padding = Pick(this, kPadding);
    while (kept.size() < text.size() + event::kJsonPadding) kept += padding;
    return absl::string_view(kept).substr(0, text.size());
  };
  std::vector<std::string> members;
  bool distinct = true;
  for (uint32_t i = Below(6); i > 0; --i) {
    const std::string name = Name();
    std::string& name_kept = event->texts.emplace_back(name);
    for (const auto& other : event->member_list) distinct &= other.name != name;
    distinct &= name.find('.') == std::string::npos;
    std::string json;
    using Member = event::EventView::Member;
    switch (Below(4)) {
      case 0: {
        const std::string text = Pick(this, kStrings);
        event->member_list.push_back(Member::String(name_kept, event->texts.emplace_back(text)));
        json = Quoted(text);
        break;
      }
      case 1: {
        const int64_t number = static_cast<int64_t>(Below(4)) - 1;
        event->member_list.push_back(Member::Integer(name_kept, number));
        json = absl::StrCat(number);
        break;
      }
      default: {
        json = OneIn(6) ? Literal() : EventValue(0);
        if (json == "true" || json == "false") {
          event->member_list.push_back(Member::Boolean(name_kept, json == "true"));
          break;
        }
        const auto shape = event::ValidateJson(json);
        CHECK_OK(shape) << json;
        distinct &= shape->distinct_paths;
        event->member_list.push_back(Member::Json(name_kept, padded(json)));
      }
    }
    members.push_back(absl::StrCat(Quoted(name), Space(), ":", Space(), json));
  }
  event->json = absl::StrCat("{", Space(), absl::StrJoin(members, ","), Space(), "}");
  const auto shape = event::ValidateJson(event->json);
  CHECK_OK(shape) << event->json;
  event->root = event::EventView::FromJson(padded(event->json), shape->distinct_paths);
  event->members = event::EventView(event->member_list, distinct);
}

}  // namespace pavane::rules::testing
