#include "event/flow.h"

#include <gtest/gtest.h>

namespace pavane::event {
namespace {

TEST(Flow, AUuidOrUlidIsItsOwnFlow) {
  EXPECT_EQ(DeriveCorrelationId("s", "6ba7b810-9dad-11d1-80b4-00c04fd430c8"),
            "6ba7b810-9dad-11d1-80b4-00c04fd430c8");
  EXPECT_EQ(DeriveCorrelationId("s", "01ARZ3NDEKTSV4RRFFQ69G5FAV"), "01ARZ3NDEKTSV4RRFFQ69G5FAV");
}

TEST(Flow, OtherIdsGiveADerivedFlowThatKeepsSourceAndIdApart) {
  const std::string flow = DeriveCorrelationId("ab", "c");
  EXPECT_TRUE(IsUuid(flow)) << flow;
  EXPECT_EQ(flow, DeriveCorrelationId("ab", "c"));
  EXPECT_NE(flow, DeriveCorrelationId("a", "bc"));
}

TEST(Flow, EmitIdsDependOnStoreEventTargetAndIndex) {
  const Uuid space = kPavaneUuidSpace;
  const EventRef ref{BusId(1), Sequence(7)};
  const std::string id = DeriveEmitId(space, ref, TargetId(3), 0);
  EXPECT_TRUE(IsUuid(id));
  EXPECT_EQ(id, DeriveEmitId(space, ref, TargetId(3), 0));
  EXPECT_NE(id, DeriveEmitId(space, ref, TargetId(3), 1));
  EXPECT_NE(id, DeriveEmitId(space, ref, TargetId(4), 0));
  EXPECT_NE(id, DeriveEmitId(space, {BusId(1), Sequence(8)}, TargetId(3), 0));
  EXPECT_NE(id, DeriveEmitId(Uuid(), ref, TargetId(3), 0));
}

}  // namespace
}  // namespace pavane::event
