// Chance comes in from outside, like time: a Random& in the constructor.
#ifndef PAVANE_BASE_RANDOM_H_
#define PAVANE_BASE_RANDOM_H_

#include <array>
#include <cstddef>
#include <cstdint>

#include "absl/base/thread_annotations.h"

#include "base/mutex.h"

namespace pavane {

// Usable from any thread.
class Random {
 public:
  virtual ~Random() = default;

  virtual uint64_t Uint64() = 0;

  // Each of 0 .. n-1 equally likely; n > 0.
  uint64_t Uniform(uint64_t n);
  // In [0, 1).
  double Fraction();
};

// The same numbers for the same seed, on every machine (xoshiro256**). Not for secrets.
class SeededRandom : public Random {
 public:
  explicit SeededRandom(uint64_t seed);
  uint64_t Uint64() override ABSL_LOCKS_EXCLUDED(mu_);

 private:
  Mutex mu_;
  std::array<uint64_t, 4> state_ ABSL_GUARDED_BY(mu_);
};

// The kernel's cryptographic numbers, fetched in blocks: fit for tokens nobody may guess.
class SystemRandom : public Random {
 public:
  // The one instance a process needs; lives forever.
  static SystemRandom& Get();
  uint64_t Uint64() override ABSL_LOCKS_EXCLUDED(mu_);

 private:
  Mutex mu_;
  std::array<uint64_t, 32> block_ ABSL_GUARDED_BY(mu_) = {};
  size_t used_ ABSL_GUARDED_BY(mu_) = block_.size();
};

}  // namespace pavane

#endif  // PAVANE_BASE_RANDOM_H_
