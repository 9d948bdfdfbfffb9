#include "metrics/text_writer.h"

#include <limits>
#include <string>

#include <gtest/gtest.h>

namespace pavane::metrics {
namespace {

TEST(TextWriter, AFamilyHasHelpTypeAndSamples) {
  TextWriter out;
  out.Family("a_total", "Things.", Type::kCounter);
  out.Sample("a_total", Labels({"bus", "rule"}, {"default", "r"}), uint64_t{7});
  EXPECT_EQ(std::move(out).Take(),
            "# HELP a_total Things.\n"
            "# TYPE a_total counter\n"
            "a_total{bus=\"default\",rule=\"r\"} 7\n");
}

TEST(TextWriter, ASampleWithoutLabelsHasNoBraces) {
  TextWriter out;
  out.Sample("g", "", 1.5);
  EXPECT_EQ(std::move(out).Take(), "g 1.5\n");
}

TEST(TextWriter, LabelValuesAreEscaped) {
  EXPECT_EQ(Labels({"a"}, {"q\"b\\n\nx"}), "a=\"q\\\"b\\\\n\\nx\"");
}

TEST(TextWriter, HelpIsEscaped) {
  TextWriter out;
  out.Family("g", "a\\b\nc", Type::kGauge);
  EXPECT_EQ(std::move(out).Take(), "# HELP g a\\\\b\\nc\n# TYPE g gauge\n");
}

TEST(TextWriter, CountersBeyondDoublePrecisionStayExact) {
  TextWriter out;
  out.Sample("c", "", std::numeric_limits<uint64_t>::max());
  EXPECT_EQ(std::move(out).Take(), "c 18446744073709551615\n");
}

TEST(TextWriter, SpecialNumbersHaveTheirPrometheusNames) {
  TextWriter out;
  out.Sample("a", "", std::numeric_limits<double>::quiet_NaN());
  out.Sample("b", "", std::numeric_limits<double>::infinity());
  out.Sample("c", "", -std::numeric_limits<double>::infinity());
  EXPECT_EQ(std::move(out).Take(), "a NaN\nb +Inf\nc -Inf\n");
}

TEST(TextWriter, AHistogramIsCumulativeAndEndsWithInfinity) {
  static constexpr double kBounds[] = {.5, 2};
  Histogram histogram(kBounds);
  histogram.Observe(0.25);
  histogram.Observe(2);
  histogram.Observe(8);
  TextWriter out;
  out.Sample("h", Labels({"bus"}, {"b"}), histogram);
  EXPECT_EQ(std::move(out).Take(),
            "h_bucket{bus=\"b\",le=\"0.5\"} 1\n"
            "h_bucket{bus=\"b\",le=\"2\"} 2\n"
            "h_bucket{bus=\"b\",le=\"+Inf\"} 3\n"
            "h_sum{bus=\"b\"} 10.25\n"
            "h_count{bus=\"b\"} 3\n");
}

}  // namespace
}  // namespace pavane::metrics
