// One metric name with its labels: makes and keeps one instrument for each combination of label
// values.
//
//   Counter& matched = registry.Counters("pavane_matched_events_total", "...",
//   {"bus"}).With({bus});
//
// An instrument lives as long as the family, so callers keep the reference and pay for the look-up
// once. Above `series_max` combinations all further ones share one instrument whose label values
// are `_other`: names that clients choose cannot fill the memory.
#ifndef PAVANE_METRICS_FAMILY_H_
#define PAVANE_METRICS_FAMILY_H_

#include <cstddef>
#include <functional>
#include <initializer_list>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"

#include "base/check.h"
#include "base/mutex.h"
#include "metrics/counter.h"
#include "metrics/gauge.h"
#include "metrics/histogram.h"
#include "metrics/text_writer.h"

namespace pavane::metrics {

// What identifies a family in the exposition.
struct FamilyInfo {
  std::string name;
  std::string help;
  Type type;
  std::vector<absl::string_view> labels;  // literals
};

// Any thread.
template <typename Instrument>
class Family {
 public:
  using Make = std::function<std::unique_ptr<Instrument>()>;

  Family(FamilyInfo info, size_t series_max, Make make)
      : info_(std::move(info)), series_max_(series_max), make_(std::move(make)) {}

  // The instrument of these label values, made at zero if it is new.
  Instrument& With(absl::Span<const absl::string_view> values) ABSL_LOCKS_EXCLUDED(mu_) {
    CHECK_EQ(values.size(), info_.labels.size()) << info_.name;
    MutexLock lock(mu_);
    std::string key = Labels(info_.labels, values);
    auto found = series_.find(key);
    if (found != series_.end()) return *found->second;
    if (series_.size() >= series_max_) {
      std::vector<absl::string_view> other(info_.labels.size(), "_other");
      key = Labels(info_.labels, other);
    }
    auto& instrument = series_[key];
    if (instrument == nullptr) instrument = make_();
    return *instrument;
  }
  Instrument& With(std::initializer_list<absl::string_view> values) {
    return With(absl::MakeConstSpan(values.begin(), values.size()));
  }

  void Write(TextWriter& out) const ABSL_LOCKS_EXCLUDED(mu_) {
    MutexLock lock(mu_);
    out.Family(info_.name, info_.help, info_.type);
    for (const auto& [labels, instrument] : series_) {
      if constexpr (std::is_same_v<Instrument, Histogram>) {
        out.Sample(info_.name, labels, *instrument);
      } else {
        out.Sample(info_.name, labels, instrument->value());
      }
    }
  }

 private:
  const FamilyInfo info_;
  const size_t series_max_;
  const Make make_;
  mutable Mutex mu_;
  // By rendered labels, so that the exposition is sorted.
  std::map<std::string, std::unique_ptr<Instrument>> series_ ABSL_GUARDED_BY(mu_);
};

using CounterFamily = Family<Counter>;
using GaugeFamily = Family<Gauge>;
using HistogramFamily = Family<Histogram>;

}  // namespace pavane::metrics

#endif  // PAVANE_METRICS_FAMILY_H_
