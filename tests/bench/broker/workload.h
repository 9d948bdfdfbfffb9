// What all contestants of the bench carry: orders of exactly 512 bytes, each different, each with
// the time of its making and its number at fixed places, so that no one spends time on finding
// them.
#ifndef PAVANE_TESTS_BENCH_BROKER_WORKLOAD_H_
#define PAVANE_TESTS_BENCH_BROKER_WORKLOAD_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pavane::bench {

inline constexpr size_t kDataBytes = 512;
/// Each order lies on one of so many shelves, evenly; each rule wants one shelf.
inline constexpr int kRules = 1'000;

/// Orders like those of gen_orders.py, filled up to kDataBytes with further items and a note of
/// letters that do not repeat. Made before the clock starts, since a producer's own work is not
/// what is measured.
class Orders {
 public:
  Orders();

  /// The JSON of order `number`; valid until the next call.
  std::string_view Data(uint64_t number, uint64_t made_ns);
  const std::string& Source(uint64_t number) const;
  const std::string& Type(uint64_t number) const;

 private:
  std::vector<std::string> orders_;
  std::vector<std::string> sources_;
};

/// Reads back what Data wrote; 0 if it is something else.
uint64_t NumberOf(std::string_view data);
uint64_t MadeNsOf(std::string_view data);

/// Bytes of many orders divided by their size after LZ4, in blocks of 64 KiB.
double Lz4Ratio();

/// The same in all processes of a machine.
uint64_t NowNs();
/// CPU time of this process.
double CpuSeconds();

/// When message `number` of a steady stream is due, and waiting for it: asleep, the end spinning.
class Pace {
 public:
  /// `rate` 0: no waiting.
  explicit Pace(double rate) : start_ns_(NowNs()), step_ns_(rate > 0 ? 1e9 / rate : 0) {}
  /// Returns when it is due: that time, or now if there is no pace.
  uint64_t Await(uint64_t number) const;

 private:
  const uint64_t start_ns_;
  const double step_ns_;
};

}  // namespace pavane::bench

#endif  // PAVANE_TESTS_BENCH_BROKER_WORKLOAD_H_
