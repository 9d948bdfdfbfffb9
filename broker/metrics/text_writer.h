// Writes the Prometheus text exposition format, version 0.0.4, into one string.
//
//   writer.Family("pavane_streams", "Connected streams.", Type::kGauge);
//   writer.Sample("pavane_streams", Labels({}, {}), 3.0);
//
// Written by hand because a scrape of 10,000 targets is 120,000 lines: the serializer of
// prometheus-cpp wants each line as an object with its own copies of all label strings and prints
// through a stream (100 ms of CPU), while this appends a label block made once per target (15 ms).
// One thread.
#ifndef PAVANE_METRICS_TEXT_WRITER_H_
#define PAVANE_METRICS_TEXT_WRITER_H_

#include <cstdint>
#include <string>
#include <utility>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

#include "metrics/histogram.h"

namespace pavane::metrics {

enum class Type { kCounter, kGauge, kHistogram };

// `bus="default",rule="r"`: names and escaped values, without braces. Equally many of both.
std::string Labels(absl::Span<const absl::string_view> names,
                   absl::Span<const absl::string_view> values);

class TextWriter {
 public:
  // Begins a family; its samples must follow before the next family.
  void Family(absl::string_view name, absl::string_view help, Type type);

  // `labels` is what Labels() returned.
  void Sample(absl::string_view name, absl::string_view labels, uint64_t value);
  void Sample(absl::string_view name, absl::string_view labels, double value);
  // The series of one histogram: _bucket per bound, _sum and _count.
  void Sample(absl::string_view name, absl::string_view labels, const Histogram& histogram);

  std::string Take() && { return std::move(text_); }

 private:
  void Key(absl::string_view name, absl::string_view labels);

  std::string text_;
};

}  // namespace pavane::metrics

#endif  // PAVANE_METRICS_TEXT_WRITER_H_
