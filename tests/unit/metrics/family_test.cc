#include "metrics/family.h"

#include <memory>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace pavane::metrics {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

CounterFamily MakeFamily(size_t series_max) {
  return CounterFamily({"c_total", "Help.", Type::kCounter, {"bus", "result"}}, series_max,
                       [] { return std::make_unique<Counter>(); });
}

std::string Text(const CounterFamily& family) {
  TextWriter out;
  family.Write(out);
  return std::move(out).Take();
}

TEST(Family, TheSameLabelsAreTheSameInstrument) {
  CounterFamily family = MakeFamily(10);
  family.With({"a", "ok"}).Add(2);
  family.With({"a", "ok"}).Add();
  family.With({"b", "ok"}).Add();
  EXPECT_THAT(Text(family), HasSubstr("c_total{bus=\"a\",result=\"ok\"} 3\n"));
  EXPECT_THAT(Text(family), HasSubstr("c_total{bus=\"b\",result=\"ok\"} 1\n"));
}

TEST(Family, LabelsThatOnlyLookAlikeAreKeptApart) {
  CounterFamily family = MakeFamily(10);
  Counter& one = family.With({"a\",result=\"b", "c"});
  Counter& two = family.With({"a", "b\",result=\"c"});
  EXPECT_NE(&one, &two);
}

TEST(Family, ATouchedSeriesIsThereAtZero) {
  CounterFamily family = MakeFamily(10);
  family.With({"a", "ok"});
  EXPECT_THAT(Text(family), HasSubstr("c_total{bus=\"a\",result=\"ok\"} 0\n"));
}

TEST(Family, CombinationsBeyondTheLimitShareOneInstrument) {
  CounterFamily family = MakeFamily(2);
  Counter& first = family.With({"a", "ok"});
  family.With({"b", "ok"});
  family.With({"c", "ok"}).Add();
  family.With({"d", "ok"}).Add();
  EXPECT_EQ(&first, &family.With({"a", "ok"}));
  EXPECT_THAT(Text(family), HasSubstr("c_total{bus=\"_other\",result=\"_other\"} 2\n"));
  EXPECT_THAT(Text(family), Not(HasSubstr("\"d\"")));
}

}  // namespace
}  // namespace pavane::metrics
