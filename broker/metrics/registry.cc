#include "metrics/registry.h"

#include <utility>

#include "base/check.h"

namespace pavane::metrics {

template <typename Instrument>
Family<Instrument>& Registry::Add(FamilyInfo info, size_t series_max,
                                  typename Family<Instrument>::Make make) {
  std::string name = info.name;
  auto family = std::make_shared<Family<Instrument>>(std::move(info), series_max, std::move(make));
  Family<Instrument>& result = *family;
  MutexLock lock(mu_);
  CHECK(names_.insert(name).second) << "metric added twice: " << name;
  sources_.push_back(std::make_shared<Source>([&result](TextWriter& out) { result.Write(out); }));
  families_.push_back(std::move(family));
  return result;
}

CounterFamily& Registry::Counters(absl::string_view name, absl::string_view help, LabelNames labels,
                                  size_t closed_values) {
  return Add<Counter>({std::string(name), std::string(help), Type::kCounter, std::move(labels)},
                      series_max_ * closed_values, [] { return std::make_unique<Counter>(); });
}

GaugeFamily& Registry::Gauges(absl::string_view name, absl::string_view help, LabelNames labels) {
  return Add<Gauge>({std::string(name), std::string(help), Type::kGauge, std::move(labels)},
                    series_max_, [] { return std::make_unique<Gauge>(); });
}

HistogramFamily& Registry::Histograms(absl::string_view name, absl::string_view help,
                                      LabelNames labels, absl::Span<const double> bounds) {
  return Add<Histogram>({std::string(name), std::string(help), Type::kHistogram, std::move(labels)},
                        series_max_, [bounds] { return std::make_unique<Histogram>(bounds); });
}

Counter& Registry::AddCounter(absl::string_view name, absl::string_view help) {
  return Counters(name, help, {}).With({});
}

Gauge& Registry::AddGauge(absl::string_view name, absl::string_view help) {
  return Gauges(name, help, {}).With({});
}

Histogram& Registry::AddHistogram(absl::string_view name, absl::string_view help,
                                  absl::Span<const double> bounds) {
  return Histograms(name, help, {}, bounds).With({});
}

void Registry::AddSource(Source source) {
  MutexLock lock(mu_);
  sources_.push_back(std::make_shared<Source>(std::move(source)));
}

std::string Registry::Render() const {
  std::vector<std::shared_ptr<Source>> sources;
  {
    MutexLock lock(mu_);
    sources = sources_;
  }
  TextWriter out;
  for (const auto& source : sources) (*source)(out);
  return std::move(out).Take();
}

}  // namespace pavane::metrics
