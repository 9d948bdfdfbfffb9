// Every error of the pattern parser: what is wrong, where, and what may stand there instead.
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include <gtest/gtest.h>

#include "event/reason.h"
#include "rules/pattern.h"
#include "tests/support/status_matchers.h"

namespace pavane::rules {
namespace {

using ::testing::HasSubstr;

struct ErrorCase {
  std::string pattern;
  uint32_t line;
  uint32_t column;
  const char* message;
  const char* allowed;
  const char* suggestion = "";
};

// "*a*a*a"
std::string Stars(int count) {
  std::string stars;
  for (int i = 0; i < count; ++i) absl::StrAppend(&stars, i == 0 ? "" : "a", "*");
  return stars;
}

// The array of tests of one field "a"; its first element is in column 7.
std::string Field(const std::string& test) { return absl::StrCat("{\"a\":[", test, "]}"); }

const char kOperators[] =
    "allowed here: exactly, prefix, suffix, equals-ignore-case, wildcard, anything-but, numeric, "
    "cidr, exists";
const char kNumeric[] = "allowed here: \"=\" \"<\" \"<=\" \">\" \">=\" and a number, or a lower";
const char kCidr[] = "allowed here: ADDRESS/BITS with an IPv4 address and 0 to 31 bits";
const char kAnythingBut[] = "allowed here: a string, a number, an array of strings or of numbers";

void Check(const ErrorCase& c, const PatternOptions& options = {}) {
  SCOPED_TRACE(c.pattern.substr(0, 200));
  const auto pattern = Pattern::Parse(c.pattern, options);
  ASSERT_FALSE(pattern.ok());
  EXPECT_EQ(pattern.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(event::ReasonOf(pattern.status()), pavane::v1::INVALID_PATTERN);
  const std::optional<pavane::v1::Place> place = event::PlaceOf(pattern.status());
  ASSERT_TRUE(place.has_value());
  EXPECT_EQ(place->line(), c.line);
  EXPECT_EQ(place->column(), c.column);
  EXPECT_EQ(place->suggestion(), c.suggestion);
  EXPECT_THAT(place->allowed(), HasSubstr(c.allowed));
  EXPECT_NE(place->allowed(), "") << "each error says what may stand there";
  const std::string message(pattern.status().message());
  EXPECT_THAT(message, HasSubstr(c.message));
  EXPECT_THAT(message, HasSubstr(absl::StrCat(" at line ", c.line, " column ", c.column)));
  EXPECT_THAT(message, HasSubstr(c.allowed));
  if (*c.suggestion != '\0') {
    EXPECT_THAT(message, HasSubstr(absl::StrCat("did you mean ", c.suggestion, "?")));
  }
  // The wire's error has the same.
  EXPECT_EQ(event::ToError(pattern.status()).place().column(), c.column);
}

TEST(PatternError, JsonThatIsNotStrict) {
  const ErrorCase cases[] = {
      {"{\"a\":[1]} x", 1, 11, "Unexpected text after the pattern", "nothing may follow its end"},
      {"{a:1}", 1, 2, "Unexpected character 'a'", "a name in double quotes"},
      {"{\"a\" 1}", 1, 6, "Unexpected character '1'", "a colon"},
      {"{\"a\":[1] \"b\":[1]}", 1, 10, "Unexpected character '\"'", "a comma or '}'"},
      {"{\"a\":[1 2]}", 1, 9, "Unexpected character '2'", "a comma or ']'"},
      {"{\"a\":[1,]}", 1, 9, "Unexpected character ']'", "a string, a number, true,"},
      {"{\n \"a\": [\n  nil]}", 3, 3, "Unexpected character 'n'", "a string, a number, true,"},
      {"{\"a\":[NaN]}", 1, 7, "Unexpected character 'N'", "an object with one operator"},
      {"nul", 1, 1, "Unexpected character 'n'", "a JSON object"},
      {"{\"a\":nul}", 1, 6, "Unexpected character 'n'", "an array of tests, or an object"},
      {"{\"a\":{\"b\":nul}}", 1, 11, "Unexpected character 'n'", "an array of tests, or an object"},
      {"{\"$or\":nul}", 1, 8, "Unexpected character 'n'", "an array of at least two objects"},
      {"{\"$or\":[nul]}", 1, 9, "Unexpected character 'n'", "an object of fields"},
      {"{\"$or\":[{\"a\":[nul]}]}", 1, 15, "Unexpected character 'n'", "a string, a number"},
      {"{\"a\":[{\"exists\":True}]}", 1, 17, "Unexpected character 'T'", "a JSON value"},
      {"{\"a\":[[nul]]}", 1, 8, "Unexpected character 'n'", "a JSON value"},
      {"\xef\xbb\xbf{\"a\":[1]}", 1, 1, "Unexpected character U+FEFF (a byte order mark)",
       "a JSON object"},
      {"{\"a\":[1", 1, 8, "Unexpected end of the pattern", "a comma or ']'"},
      {"{\"a\":[\"x", 1, 9, "Unexpected end of the pattern", "a closing '\"' is missing"},
      {"{\"a\":[\"\n\"]}", 1, 8, "Unexpected control character", "must be escaped"},
      {"{\"a\":[\"\\x\"]}", 1, 9, "Unexpected character 'x'", "may follow '\\'"},
      {"{\"a\":[\"\\u00g0\"]}", 1, 12, "Unexpected character 'g'", "four hexadecimal digits"},
      {"{\"a\":[01]}", 1, 7, "A number may not begin with 0", "0 alone, or a number"},
      {"{\"a\":[1.]}", 1, 9, "Unexpected character ']'", "a digit"},
      {"{\"a\":[1e+]}", 1, 10, "Unexpected character ']'", "a digit"},
      {"{\"a\":[-]}", 1, 8, "Unexpected character ']'", "a digit"},
      {"{\"é\":[\"\x01\"]}", 1, 8, "Unexpected control character", "must be escaped"},
  };
  for (const ErrorCase& c : cases) Check(c);
}

TEST(PatternError, Shape) {
  const ErrorCase cases[] = {
      {"", 1, 1, "Filter is not an object", "a JSON object"},
      {" \n ", 2, 2, "Filter is not an object", "a JSON object"},
      {"[]", 1, 1, "Filter is not an object", "a JSON object"},
      {"{}", 1, 1, "Empty objects are not allowed", "at least one field"},
      {"{\"a\":{}}", 1, 6, "Empty objects are not allowed", "at least one field"},
      {"{\"a\":[]}", 1, 6, "Empty arrays are not allowed", "at least one test"},
      {"{\"é\":5}", 1, 6, "\"é\" must be an object or an array", "an array of tests"},
      {"{\"a\":[1,\n  [2]]}", 2, 3, "Match value must be String, number, true, false, or null",
       "a string, a number, true, false, null or an object"},
  };
  for (const ErrorCase& c : cases) Check(c);
}

TEST(PatternError, Operators) {
  const ErrorCase cases[] = {
      {Field("{}"), 1, 7, "Match expression name not found", kOperators},
      {Field("{\"anythng-but\":1}"), 1, 8, "Unrecognized match type anythng-but", kOperators,
       "anything-but"},
      {Field("{\"Prefix\":1}"), 1, 8, "Unrecognized match type Prefix", kOperators, "prefix"},
      {Field("{\"contains\":1}"), 1, 8, "Unrecognized match type contains", kOperators, "wildcard"},
      {Field("{\">\":1}"), 1, 8, "Unrecognized match type >", kOperators, "numeric"},
      {Field("{\"temperature\":1}"), 1, 8, "Unrecognized match type temperature", kOperators},
      {Field("{\"prefix\":\"a\",\"suffix\":\"b\"}"), 1, 21, "Only one key allowed",
       "'}' is allowed"},
      {Field("{\"exactly\":5}"), 1, 18, "exact match pattern must be a string", "a string"},
      {Field("{\"equals-ignore-case\":5}"), 1, 29,
       "equals-ignore-case match pattern must be a string", "a string"},
      {Field("{\"prefix\":5}"), 1, 17, "prefix match pattern must be a string",
       "a string or {\"equals-ignore-case\": string}"},
      {Field("{\"suffix\":[]}"), 1, 17, "suffix match pattern must be a string",
       "a string or {\"equals-ignore-case\": string}"},
      {Field("{\"prefix\":{\"suffix\":\"a\"}}"), 1, 18, "Unsupported prefix pattern: suffix",
       "equals-ignore-case"},
      {Field("{\"suffix\":{}}"), 1, 17, "Unsupported suffix pattern: {}", "equals-ignore-case"},
      {Field("{\"prefix\":{\"equals-ignore-case\":1}}"), 1, 39,
       "equals-ignore-case match pattern must be a string", "a string"},
      {Field("{\"prefix\":{\"equals-ignore-case\":\"a\",\"x\":1}}"), 1, 43, "Only one key allowed",
       "'}' is allowed"},
      {Field("{\"exists\":null}"), 1, 17, "exists match pattern must be either true or false.",
       "true or false"},
      {Field("{\"wildcard\":5}"), 1, 19, "wildcard match pattern must be a string", "a string"},
      {Field("{\"wildcard\":\"a**\"}"), 1, 22, "Consecutive wildcard characters at",
       "'*' may not follow '*'"},
      {Field("{\"wildcard\":\"é\\u00e9\\ud83d\\ude00\\n*\\u002a\"}"), 1, 42,
       "Consecutive wildcard characters at", "'*' may not follow '*'"},
      {Field("{\"wildcard\":\"a\\\\b\"}"), 1, 21, "Invalid escape character at",
       "must be followed by '*' or '\\'"},
      {Field("{\"wildcard\":\"" + Stars(257) + "\"}"), 1, 20 + 2 * 256,
       "More than 256 wildcard characters", "another character is allowed here, or"},
  };
  for (const ErrorCase& c : cases) Check(c);
}

TEST(PatternError, Numeric) {
  const ErrorCase cases[] = {
      {Field("{\"numeric\":5}"), 1, 18, "Value of numeric must be an array.", kNumeric},
      {Field("{\"numeric\":[]}"), 1, 18, "Invalid member in numeric match: []", kNumeric},
      {Field("{\"numeric\":[5]}"), 1, 19, "Invalid member in numeric match: 5", kNumeric},
      {Field("{\"numeric\":[\"!=\",5]}"), 1, 19,
       "Unrecognized numeric range operator: !=", kNumeric},
      {Field("{\"numeric\":[\"=\"]}"), 1, 22, "Value of equals must be numeric", "a number"},
      {Field("{\"numeric\":[\"<\",\"5\"]}"), 1, 23, "Value of < must be numeric: \"5\"",
       "a number"},
      {Field("{\"numeric\":[\"=\",1,\"<\",2]}"), 1, 25,
       "Too many terms in numeric range expression", "']' is allowed"},
      {Field("{\"numeric\":[\"<\",3,\">\",1]}"), 1, 25,
       "Too many terms in numeric range expression", "']' is allowed"},
      {Field("{\"numeric\":[\">\",3,\"=\",4]}"), 1, 25, "Bad numeric range operator: \"=\"",
       "\"<\" or \"<=\""},
      {Field("{\"numeric\":[\">\",3,\"<\",null]}"), 1, 29, "Bad value in numeric range: null",
       "a number"},
      {Field("{\"numeric\":[\">\",3,\"<\",4,5]}"), 1, 31,
       "Too many terms in numeric range expression", "']' is allowed"},
      {Field("{\"numeric\":[\">\",3,\"<\",3]}"), 1, 18, "Bottom must be less than top",
       "must be less than the upper one"},
      {Field("{\"numeric\":[\">\",1.7976931348623157e308]}"), 1, 7, "Bottom must be less than top",
       "no number beyond this bound"},
      {Field("{\"numeric\":[\"=\",1e400]}"), 1, 23, "Cannot compare number : 1e400",
       "the shortest spelling of a 64-bit floating-point number"},
  };
  for (const ErrorCase& c : cases) Check(c);
}

TEST(PatternError, Cidr) {
  const ErrorCase cases[] = {
      {Field("{\"cidr\":5}"), 1, 15, "prefix match pattern must be a string", "a string"},
      {Field("{\"cidr\":\"10.0.0.0\"}"), 1, 24, "Malformed CIDR, one '/' required", kCidr},
      {Field("{\"cidr\":\"1/2/3\"}"), 1, 19, "Malformed CIDR, one '/' required", kCidr},
      {Field("{\"cidr\":\"10.0.0.0/x\"}"), 1, 25, "mask bits must be an integer", kCidr},
      {Field("{\"cidr\":\"10.0.0.0/-1\"}"), 1, 25, "mask bits must not be negative", kCidr},
      {Field("{\"cidr\":\"10.0.0/8\"}"), 1, 16, "Nonstandard IP address: 10.0.0", kCidr},
      {Field("{\"cidr\":\"10.0.0.0/32\"}"), 1, 25, "IPv4 mask bits must be < 32", kCidr},
      {Field("{\"cidr\":\"::/128\"}"), 1, 19, "IPv6 mask bits must be < 128", kCidr},
  };
  for (const ErrorCase& c : cases) Check(c);
}

TEST(PatternError, AnythingBut) {
  const auto but = [](const std::string& argument) {
    return Field(absl::StrCat("{\"anything-but\":", argument, "}"));
  };
  const ErrorCase cases[] = {
      {but("null"), 1, 23, "must be an array or single string/number value", kAnythingBut},
      {but("1e400"), 1, 23, "Cannot compare number : 1e400", "the shortest spelling"},
      {but("[]"), 1, 23, "Empty arrays are not allowed", kAnythingBut},
      {but("[null]"), 1, 24, "start|null|boolean is not supported", "strings, or numbers,"},
      {but("[1,\"a\"]"), 1, 26, "mixed type is not supported", "strings, or numbers,"},
      {but("{}"), 1, 23, "Anything-But expression name not found", kAnythingBut},
      {but("{\"numeric\":[\"=\",1]}"), 1, 34, "Unsupported anything-but pattern: numeric",
       kAnythingBut},
      {but("{\"prefix\":\"a\",\"x\":1}"), 1, 37, "Only one key allowed", "'}' is allowed"},
      {but("{\"prefix\":[]}"), 1, 33, "Empty arrays are not allowed", "one or more strings"},
      {but("{\"prefix\":5}"), 1, 33, "prefix/suffix match pattern must be a string", "a string"},
      {but("{\"suffix\":\"\"}"), 1, 33, "Null prefix/suffix not allowed", "that is not empty"},
      {but("{\"equals-ignore-case\":[5]}"), 1, 46,
       "Inside anything-but/equals-ignore-case list, number|start|null|boolean is not supported.",
       "a string or an array of strings"},
      {but("{\"wildcard\":\"**\"}"), 1, 37, "Consecutive wildcard characters",
       "'*' may not follow '*'"},
  };
  for (const ErrorCase& c : cases) Check(c);
}

TEST(PatternError, Or) {
  const ErrorCase cases[] = {
      {"{\"$or\":5}", 1, 8, "It must be an Array followed with $or.", "at least two objects"},
      {"{\"$or\":[{\"a\":[1]},5]}", 1, 19, "Only JSON object is allowed in array of $or",
       "an object of fields"},
      {"{\"$or\":[{\"a\":[1]}]}", 1, 8, "at least 2 Objects in $or", "at least two objects"},
      {"{\"$or\":[{\"a\":[1]},{\"b\":{\"prefix\":[1]}}]}", 1, 25,
       "prefix is Ruler reserved fieldName", "not called like an operator"},
      {"{\"$or\":[{\"a\":[1]},{}]}", 1, 19, "Empty objects are not allowed", "at least one field"},
  };
  for (const ErrorCase& c : cases) Check(c);
}

TEST(PatternError, Limits) {
  std::string wide = "\"$or\":[";
  for (int i = 0; i < 11; ++i) absl::StrAppend(&wide, i == 0 ? "" : ",", "{\"a\":[", i, "]}");
  wide += "]";
  const std::string product = absl::StrCat("{", wide, ",\n", wide, ",\n", wide, "}");
  Check(
      {product, 3, 7, "$or multiplies out to more than 1000 combinations", "a rule of their own"});
  std::string fields = "{\n";
  for (int i = 0; i < 257; ++i) absl::StrAppend(&fields, i == 0 ? "" : ",\n", "\"", i, "\":[1]");
  Check({fields + "}", 258, 7, "More than 256 fields", "a rule of their own"});
  PatternOptions options;
  options.depth_max = 2;
  Check({"{\"a\":{\"b\":[1]}}", 1, 11, "Nested deeper than 2 levels", "no object and no array"},
        options);
  options.length_max = 4;
  Check(
      {"{\"é\":[1]}", 1, 5, "The pattern is longer than 4 characters", "limits.pattern_length_max"},
      options);
}

TEST(PatternError, ExcerptsShowTheLineAroundThePlace) {
  const auto excerpt = [](const std::string& pattern) {
    const auto place = event::PlaceOf(Pattern::Parse(pattern).status());
    return absl::StrCat(place->excerpt(), "|", place->excerpt_column());
  };
  EXPECT_EQ(excerpt("{\n\t\"é\": 5,\n\"b\": 1}"), " \"é\": 5,|7");
  const std::string filler(100, 'x');
  EXPECT_EQ(excerpt(absl::StrCat("{\"", filler, "é\": 5, \"", filler, "\":1}")),
            absl::StrCat(std::string(56, 'x'), "é\": 5, \"", std::string(56, 'x'), "|61"));
  // Text that is no text has no excerpt, but a place.
  const auto place = event::PlaceOf(Pattern::Parse("{\"é\":[\"ab\xff\"]}").status());
  ASSERT_TRUE(place.has_value());
  EXPECT_EQ(place->column(), 10u);
  EXPECT_EQ(place->excerpt(), "");
}

}  // namespace
}  // namespace pavane::rules
