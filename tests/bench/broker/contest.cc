#include "tests/bench/broker/contest.h"

#include <stdlib.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <system_error>

namespace pavane::bench {
namespace {

double BytesBelow(const std::string& folder) {
  double bytes = 0;
  std::error_code gone;  // files come and go meanwhile
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder, gone)) {
    const auto size = entry.is_regular_file(gone) ? entry.file_size(gone) : 0;
    if (!gone) bytes += static_cast<double>(size);
  }
  return bytes;
}

/// The consumers of a run.
class Consumers {
 public:
  bool Start(const Contestant& contestant, int count) {
    for (int i = 0; i < count; ++i) {
      children_.push_back(std::make_unique<Child>(contestant.Consumer(i)));
    }
    return std::all_of(children_.begin(), children_.end(),
                       [](const auto& child) { return child->ReadLine() == "ready"; });
  }

  /// Waits for their ends.
  bool Finish() {
    for (auto& child : children_) {
      const std::vector<double> line = child->ReadNumbers();
      if (line.size() != 5) return false;
      end_ns_ = std::max(end_ns_, line[0]);
      cpu_ += line[1];
      p50_ = std::max(p50_, line[2]);
      p99_ = std::max(p99_, line[3]);
      repeated_ += line[4];
    }
    return true;
  }

  double end_ns() const { return end_ns_; }

  void Add(Figures& figures, double events) const {
    figures["p50_ms"] = p50_;
    figures["p99_ms"] = p99_;
    figures["consumer_us"] = cpu_ / events * 1e6;
    figures["repeated"] = repeated_;
  }

 private:
  std::vector<std::unique_ptr<Child>> children_;
  double end_ns_ = 0;
  double cpu_ = 0;
  double p50_ = 0;
  double p99_ = 0;
  double repeated_ = 0;
};

}  // namespace

std::optional<Figures> RunContest(Contestant& contestant, const Load& load) {
  const auto events = static_cast<double>(load.events);
  Figures figures;
  Consumers consumers;
  const double cpu_before = contestant.process().CpuSeconds();
  if (!load.drain && !consumers.Start(contestant, load.consumers)) return std::nullopt;
  Child producer(contestant.Producer());
  const std::vector<double> produced = producer.ReadNumbers();
  if (produced.size() < 3) return std::nullopt;
  const double published_s = (produced[1] - produced[0]) / 1e9;
  figures["publish_rate"] = events / published_s;
  figures["producer_us"] = produced[2] / events * 1e6;
  if (load.drain) {
    figures["backlog_rss_mb"] = contestant.process().PeakBytes() / 1e6;
    figures["backlog_disk_bytes"] = BytesBelow(contestant.folder()) / events;
    if (!consumers.Start(contestant, load.consumers)) return std::nullopt;
  }
  const double drain_start_ns = load.drain ? produced[1] : produced[0];
  if (load.consumers > 0) {
    if (!consumers.Finish()) return std::nullopt;
    const double end_ns = std::max(consumers.end_ns(), produced[1]);
    figures["rate"] = events * load.consumers / (end_ns - produced[0]) * 1e9;
    figures["drain_rate"] = events * load.consumers / (end_ns - drain_start_ns) * 1e9;
    consumers.Add(figures, events);
  }
  figures["server_us"] = (contestant.process().CpuSeconds() - cpu_before) / events * 1e6;
  figures["rss_mb"] = contestant.process().PeakBytes() / 1e6;
  figures["disk_bytes"] = BytesBelow(contestant.folder()) / events;
  contestant.AddFigures(figures);
  return figures;
}

RunFolder::RunFolder() {
  std::string pattern = std::filesystem::temp_directory_path() / "pavane-bench-XXXXXX";
  path_ = ::mkdtemp(pattern.data()) != nullptr ? pattern : "";
}

RunFolder::~RunFolder() {
  std::error_code ignored;  // nothing to be done about it
  if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
}

}  // namespace pavane::bench
