#ifndef PAVANE_TESTS_BENCH_ORDER_EVENTS_H_
#define PAVANE_TESTS_BENCH_ORDER_EVENTS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/random.h"
#include "event/stored_event.h"

namespace pavane::testing {

// Events with 512 bytes of data, distinct, and about as compressible as real orders are. They are
// drawn from some thousand made beforehand, further apart than LZ4 looks back, so that making one
// costs little beside storing it.
class OrderEvents {
 public:
  explicit OrderEvents(uint64_t seed);

  event::StoredEvent Next(BusId bus, Sequence sequence);

 private:
  SeededRandom random_;
  std::vector<std::string> orders_;
};

// An order as JSON of that many bytes.
std::string OrderJson(Random& random, uint64_t n, size_t bytes);

}  // namespace pavane::testing

#endif  // PAVANE_TESTS_BENCH_ORDER_EVENTS_H_
