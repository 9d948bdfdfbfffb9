#include "event/event_header.h"

#include <string>

#include <gtest/gtest.h>

#include "tests/support/status_matchers.h"
#include "tests/unit/event/event_builder.h"

namespace pavane::event {
namespace {

TEST(EventHeader, ReadsWhatTheBrokerNeeds) {
  CloudEvent event = pavane::testing::MakeEvent(std::string(1000, ' ') + "{}");
  SetTextAttribute(event, kCorrelationId, "flow-1");
  SetTextAttribute(event, kCausationId, "cause-1");
  SetTextAttribute(event, kTraceParent, "00-tp");
  SetTextAttribute(event, "other", "x");
  (*event.mutable_attributes())["flag"].set_ce_boolean(true);
  const std::string bytes = event.SerializeAsString();
  ASSERT_OK_AND_ASSIGN(const EventHeader header, ReadEventHeader(bytes));
  EXPECT_EQ(header.id, "e-1");
  EXPECT_EQ(header.source, "shop");
  EXPECT_EQ(header.type, "OrderPlaced");
  EXPECT_EQ(header.correlation_id, "flow-1");
  EXPECT_EQ(header.causation_id, "cause-1");
  EXPECT_EQ(header.trace_parent, "00-tp");
  EXPECT_EQ(header.trace_state, "");
}

TEST(EventHeader, CutBytesAreDataLoss) {
  const std::string bytes = pavane::testing::MakeEvent().SerializeAsString();
  EXPECT_EQ(ReadEventHeader(bytes.substr(0, bytes.size() - 1)).status().code(),
            absl::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace pavane::event
