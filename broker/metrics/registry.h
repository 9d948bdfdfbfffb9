// All metrics of one broker and their rendering for a scrape.
//
// Families are added at start by whoever measures (most of them by BrokerMetrics) and live as long
// as the registry. Sources supply what is kept elsewhere (the targets' durable counters, RocksDB's
// properties, the process) and are asked once per scrape. A source must not call back into the
// registry, must outlive the last Render, and runs on the thread that renders.
#ifndef PAVANE_METRICS_REGISTRY_H_
#define PAVANE_METRICS_REGISTRY_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"

#include "base/mutex.h"
#include "metrics/family.h"
#include "metrics/text_writer.h"

namespace pavane::metrics {

// Any thread.
class Registry {
 public:
  using Source = std::function<void(TextWriter&)>;
  using LabelNames = std::vector<absl::string_view>;  // of literals

  // `series_max` bounds each family of its own (sources bound themselves).
  explicit Registry(size_t series_max = 2'000) : series_max_(series_max) {}
  Registry(const Registry&) = delete;
  Registry& operator=(const Registry&) = delete;

  // A name is added once. Names and helps are ours, so a repeated one is a bug (CHECK).
  // `closed_values`: how many combinations the labels have whose values are not names; they do not
  // take places of `series_max`.
  CounterFamily& Counters(absl::string_view name, absl::string_view help, LabelNames labels,
                          size_t closed_values = 1);
  GaugeFamily& Gauges(absl::string_view name, absl::string_view help, LabelNames labels);
  HistogramFamily& Histograms(absl::string_view name, absl::string_view help, LabelNames labels,
                              absl::Span<const double> bounds);

  // The only instrument of a family without labels.
  Counter& AddCounter(absl::string_view name, absl::string_view help);
  Gauge& AddGauge(absl::string_view name, absl::string_view help);
  Histogram& AddHistogram(absl::string_view name, absl::string_view help,
                          absl::Span<const double> bounds);

  // `source` writes whole families, with names that nobody else uses.
  void AddSource(Source source);

  // The text exposition format of everything, in order of addition. Concurrent calls are fine.
  std::string Render() const;

 private:
  template <typename Instrument>
  Family<Instrument>& Add(FamilyInfo info, size_t series_max,
                          typename Family<Instrument>::Make make);

  const size_t series_max_;
  mutable Mutex mu_;
  absl::flat_hash_set<std::string> names_ ABSL_GUARDED_BY(mu_);
  std::vector<std::shared_ptr<void>> families_ ABSL_GUARDED_BY(mu_);  // owns
  std::vector<std::shared_ptr<Source>> sources_ ABSL_GUARDED_BY(mu_);
};

// The content type of Render's text.
inline constexpr char kTextContentType[] = "text/plain; version=0.0.4; charset=utf-8";

}  // namespace pavane::metrics

#endif  // PAVANE_METRICS_REGISTRY_H_
