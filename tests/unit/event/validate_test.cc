#include "event/validate.h"

#include <functional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "event/reason.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/event/event_builder.h"

namespace pavane::event {
namespace {

using ::pavane::testing::MakeEvent;
using pavane::v1::Reason;

AttributeValue& At(CloudEvent& event, const char* name) {
  return (*event.mutable_attributes())[name];
}

TEST(Validate, AnEventWithRequiredAttributesAndAJsonObjectComesIn) {
  ASSERT_OK_AND_ASSIGN(DataShape shape, Validate(MakeEvent(), {}));
  EXPECT_TRUE(shape.has_detail);
  EXPECT_TRUE(shape.distinct_paths);
}

TEST(Validate, RefusesEachBadEventWithItsReason) {
  struct Case {
    const char* name;
    std::function<void(CloudEvent&)> spoil;
    Reason reason;
  };
  const std::vector<Case> cases = {
      {"no id", [](auto& e) { e.clear_id(); }, v1::MISSING_ATTRIBUTE},
      {"no source", [](auto& e) { e.clear_source(); }, v1::MISSING_ATTRIBUTE},
      {"no type", [](auto& e) { e.clear_type(); }, v1::MISSING_ATTRIBUTE},
      {"no specversion", [](auto& e) { e.clear_spec_version(); }, v1::MISSING_ATTRIBUTE},
      {"other specversion", [](auto& e) { e.set_spec_version("0.3"); }, v1::INVALID_ATTRIBUTE},
      {"long id", [](auto& e) { e.set_id(std::string(1025, 'x')); }, v1::INVALID_ATTRIBUTE},
      {"id not UTF-8", [](auto& e) { e.set_id("\xff"); }, v1::INVALID_UTF8},
      {"upper case name", [](auto& e) { At(e, "Key").set_ce_string("v"); }, v1::INVALID_ATTRIBUTE},
      {"hyphen in name", [](auto& e) { At(e, "a-b").set_ce_string("v"); }, v1::INVALID_ATTRIBUTE},
      {"empty name", [](auto& e) { At(e, "").set_ce_string("v"); }, v1::INVALID_ATTRIBUTE},
      {"name of a field", [](auto& e) { At(e, "id").set_ce_string("v"); }, v1::INVALID_ATTRIBUTE},
      {"no value", [](auto& e) { At(e, "key"); }, v1::INVALID_ATTRIBUTE},
      {"value not UTF-8", [](auto& e) { At(e, "key").set_ce_string("\xc0\x80"); },
       v1::INVALID_UTF8},
      {"id with a line feed", [](auto& e) { e.set_id("a\nb"); }, v1::INVALID_ATTRIBUTE},
      {"source with a NUL", [](auto& e) { e.set_source(std::string("a\0b", 3)); },
       v1::INVALID_ATTRIBUTE},
      {"type with an escape", [](auto& e) { e.set_type("\x1b[2J"); }, v1::INVALID_ATTRIBUTE},
      {"subject with CR LF", [](auto& e) { At(e, "subject").set_ce_string("a\r\nB: c"); },
       v1::INVALID_ATTRIBUTE},
      {"URI with a tab", [](auto& e) { At(e, "key").set_ce_uri("a:\tb"); }, v1::INVALID_ATTRIBUTE},
      {"reference with U+0080", [](auto& e) { At(e, "key").set_ce_uri_ref("a\xc2\x80"); },
       v1::INVALID_ATTRIBUTE},
      {"time no timestamp", [](auto& e) { At(e, "time").set_ce_integer(3); },
       v1::INVALID_ATTRIBUTE},
      {"time no date", [](auto& e) { At(e, "time").set_ce_string("soon"); }, v1::INVALID_ATTRIBUTE},
      {"time out of range",
       [](auto& e) { At(e, "time").mutable_ce_timestamp()->set_seconds(1LL << 40); },
       v1::INVALID_ATTRIBUTE},
      {"correlation no text", [](auto& e) { At(e, "correlationid").set_ce_boolean(true); },
       v1::INVALID_ATTRIBUTE},
      {"broken JSON", [](auto& e) { e.set_text_data("{\"a\":"); }, v1::INVALID_JSON},
      {"JSON not UTF-8", [](auto& e) { e.set_binary_data("{\"a\":\"\xff\"}"); }, v1::INVALID_UTF8},
      {"binary without type", [](auto& e) { e.set_binary_data("\x01\x02"); }, v1::INVALID_JSON},
      {"too large", [](auto& e) { e.set_text_data(std::string(2 << 20, ' ')); },
       v1::EVENT_TOO_LARGE},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.name);
    CloudEvent event = MakeEvent();
    c.spoil(event);
    const absl::Status status = Validate(event, {}).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
    EXPECT_EQ(ReasonOf(status), c.reason) << status;
    EXPECT_FALSE(status.message().empty());
  }
}

// Wherever the character stands in texts of every length about the step of the check.
TEST(Validate, AttributesHaveNoControlCharacters) {
  CloudEvent event = MakeEvent();
  auto accepts = [&](const std::string& text) {
    At(event, "key").set_ce_string(text);
    return ReasonOf(Validate(event, {}).status()) != v1::INVALID_ATTRIBUTE;
  };
  for (uint32_t code = 0; code < 0x100; ++code) {
    const bool control = code < 0x20 || (code >= 0x7f && code < 0xa0);
    const std::string character = code < 0x80
                                      ? std::string(1, static_cast<char>(code))
                                      : std::string({static_cast<char>(0xc0 | code >> 6),
                                                     static_cast<char>(0x80 | (code & 0x3f))});
    for (size_t length = 0; length < 20; ++length) {
      for (size_t at = 0; at <= length; ++at) {
        for (const char beside : {' ', '~', '\xff'}) {
          std::string text(length, beside == '\xff' ? 'a' : beside);
          text.insert(at, character);
          if (beside == '\xff') text += "\xe2\x82\xac\xc3\x85";  // ends beyond ASCII
          ASSERT_EQ(accepts(text), !control) << code << " at " << at << " of " << length;
        }
      }
    }
  }
}

TEST(Validate, DataMayHaveControlCharacters) {
  CloudEvent event = MakeEvent();
  event.set_text_data("{\"a\":\"\\u001b\x7f\"}");
  EXPECT_OK(Validate(event, {}).status());
}

TEST(Validate, DataIsJudgedByItsContentType) {
  struct Case {
    const char* type;  // null: absent
    const char* data;
    bool accepted;
    bool has_detail;
  };
  const std::vector<Case> cases = {
      {nullptr, R"({"a":1})", true, true},
      {nullptr, "[1]", true, false},
      {nullptr, "3", true, false},
      {nullptr, "hello", false, false},
      {"application/json", R"({"a":1})", true, true},
      {"Application/JSON; charset=utf-8", R"({"a":1})", true, true},
      {"application/vnd.shop+json", R"({"a":1})", true, true},
      {"application/vnd.shop+json", "hello", false, false},
      {"text/plain", "hello", true, false},
      {"text/plain", R"({"a":1})", true, false},
      {"+json", R"({"a":1})", true, false},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(std::string(c.type == nullptr ? "absent" : c.type) + " " + c.data);
    for (const bool binary : {false, true}) {
      CloudEvent event = MakeEvent();
      if (binary) {
        event.set_binary_data(c.data);
      } else {
        event.set_text_data(c.data);
      }
      if (c.type != nullptr) At(event, "datacontenttype").set_ce_string(c.type);
      absl::StatusOr<DataShape> shape = Validate(event, {});
      EXPECT_EQ(shape.ok(), c.accepted) << shape.status();
      if (shape.ok()) {
        EXPECT_EQ(shape->has_detail, c.has_detail);
      }
    }
  }
}

TEST(Validate, AnEmitMayLeaveItsIdToTheBroker) {
  CloudEvent event = MakeEvent();
  event.clear_id();
  ValidateOptions options;
  options.id_required = false;
  EXPECT_OK(Validate(event, options).status());
}

}  // namespace
}  // namespace pavane::event
