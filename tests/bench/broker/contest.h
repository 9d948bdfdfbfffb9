#ifndef PAVANE_TESTS_BENCH_BROKER_CONTEST_H_
#define PAVANE_TESTS_BENCH_BROKER_CONTEST_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/bench/broker/child.h"

namespace pavane::bench {

/// Which rules lead where.
enum class Layout {
  kManyTargets,  // a target for each rule, all of one service
  kOneTarget,    // all rules want what only one of them gets: one target takes everything
  kFanOut,       // each event goes to `consumers` targets, each of a service of its own
  kChain,        // five services, each of which emits for the next
  kStorm,        // events of type `Live` to service `live`, all others to one target
};

/// How a producer publishes.
enum class Manner { kDefaults, kOneByOne, kUnary };

/// One run of one row: the same for every contestant.
struct Load {
  uint64_t events = 0;
  double rate = 0;  // events/s; 0: as fast as they are taken
  Layout layout = Layout::kManyTargets;
  Manner manner = Manner::kDefaults;
  int in_flight = 0;    // kOneByOne, kUnary
  int consumers = 1;    // 0: nobody takes the events
  bool drain = false;   // consumers start when everything is published
  bool reject = false;  // instead of acknowledging
  std::string durability = "fsync";
  bool unix_socket = false;
};

/// Figures of a run by their names.
using Figures = std::map<std::string, double>;

/// A running contestant over a fresh folder.
class Contestant {
 public:
  virtual ~Contestant() = default;
  /// Command lines of the processes beside it. They print what tally.h says.
  virtual std::vector<std::string> Producer() const = 0;
  virtual std::vector<std::string> Consumer(int index) const = 0;
  virtual Child& process() = 0;
  /// Where it keeps its data.
  virtual std::string folder() const = 0;
  /// What only it knows of itself.
  virtual void AddFigures(Figures&) {}
};

/// Starts producer and consumers and measures. Nothing if one of them failed. The figures:
/// `rate` (deliveries per second, from the first event's making to the last settlement's answer),
/// `publish_rate`, `drain_rate`, `p50_ms`, `p99_ms`, `server_us`, `producer_us`, `consumer_us` (CPU
/// per event), `rss_mb`, `disk_bytes` (per event).
std::optional<Figures> RunContest(Contestant& contestant, const Load& load);

/// A folder for one run, removed with it.
class RunFolder {
 public:
  RunFolder();
  ~RunFolder();
  RunFolder(const RunFolder&) = delete;
  RunFolder& operator=(const RunFolder&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace pavane::bench

#endif  // PAVANE_TESTS_BENCH_BROKER_CONTEST_H_
