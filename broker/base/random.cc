#include "base/random.h"

#include <sys/random.h>

#include <bit>
#include <cerrno>

#include "base/check.h"

namespace pavane {
namespace {

// Spreads a small seed over the whole state (splitmix64, as xoshiro's authors advise).
uint64_t SplitMix(uint64_t& state) {
  uint64_t z = (state += 0x9e3779b97f4a7c15);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

}  // namespace

uint64_t Random::Uniform(uint64_t n) {
  CHECK(n > 0) << "no number is below zero";
  // Numbers beyond the last whole multiple of n would favour the small ones.
  const uint64_t limit = UINT64_MAX - UINT64_MAX % n;
  uint64_t value = Uint64();
  while (value >= limit) value = Uint64();
  return value % n;
}

double Random::Fraction() { return static_cast<double>(Uint64() >> 11) * 0x1.0p-53; }

SeededRandom::SeededRandom(uint64_t seed) {
  for (uint64_t& word : state_) word = SplitMix(seed);
}

uint64_t SeededRandom::Uint64() {
  MutexLock lock(mu_);
  const uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
  const uint64_t t = state_[1] << 17;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= t;
  state_[3] = std::rotl(state_[3], 45);
  return result;
}

SystemRandom& SystemRandom::Get() {
  static auto* const random = new SystemRandom;
  return *random;
}

uint64_t SystemRandom::Uint64() {
  MutexLock lock(mu_);
  if (used_ == block_.size()) {
    // Requests of up to 256 bytes are never cut short.
    static_assert(sizeof(block_) <= 256);
    ssize_t got = -1;
    do {
      got = getrandom(block_.data(), sizeof(block_), 0);
    } while (got < 0 && errno == EINTR);
    CHECK(got == static_cast<ssize_t>(sizeof(block_))) << "getrandom, errno " << errno;
    used_ = 0;
  }
  return block_[used_++];
}

}  // namespace pavane
