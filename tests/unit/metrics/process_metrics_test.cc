#include "metrics/process_metrics.h"

#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include <gtest/gtest.h>

namespace pavane::metrics {
namespace {

double Value(const std::string& text, absl::string_view name) {
  std::string key = absl::StrCat("\n", name, " ");
  size_t begin = text.find(key);
  double value = -1;
  if (begin == std::string::npos) return value;
  begin += key.size();
  EXPECT_TRUE(absl::SimpleAtod(text.substr(begin, text.find('\n', begin) - begin), &value));
  return value;
}

TEST(ProcessMetrics, TellsWhatTheKernelKnows) {
  Registry registry;
  AddProcessMetrics(registry);
  std::string text = registry.Render();
  double now = static_cast<double>(absl::ToUnixSeconds(absl::Now()));
  EXPECT_NEAR(Value(text, "process_start_time_seconds"), now, 600);
  EXPECT_GT(Value(text, "process_resident_memory_bytes"), 1 << 20);
  EXPECT_GE(Value(text, "process_open_fds"), 1);
  EXPECT_GE(Value(text, "process_threads"), 1);
  EXPECT_GE(Value(text, "process_cpu_seconds_total"), 0);
}

}  // namespace
}  // namespace pavane::metrics
