// Damages a small store in every way at every byte of its files and opens it: it must hold
// everything, or refuse with a report that names the file.
//
//   store_damage [--sample N] [--seed S] [--only PART] [FOLDER]
//
// With --sample only N damages, by chance; with --only of files with PART in their names. FOLDER is
// best in memory (default: /dev/shm if there).
#include <stdlib.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "absl/strings/match.h"

#include "base/log.h"
#include "base/random.h"
#include "tests/crash/store/store_damage.h"

namespace pavane::testing {
namespace {

int Main(int argc, char** argv) {
  uint64_t sample = 0;
  uint64_t seed = SystemRandom::Get().Uint64() >> 16;
  std::string only;
  std::string parent = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word == "--sample" && i + 1 < argc) {
      sample = std::strtoull(argv[++i], nullptr, 10);
    } else if (word == "--seed" && i + 1 < argc) {
      seed = std::strtoull(argv[++i], nullptr, 10);
    } else if (word == "--only" && i + 1 < argc) {
      only = argv[++i];
    } else {
      parent = word;
    }
  }
  ConfigureLog({.level = LogLevel::kError, .format = LogFormat::kText, .sink = {}});
  std::string folder = parent + "/pavane-damage-XXXXXX";
  if (mkdtemp(folder.data()) == nullptr) {
    std::perror(folder.c_str());
    return 2;
  }
  StoreDamage store(folder);
  std::vector<Damage> all = store.All();
  std::erase_if(all, [&](const Damage& damage) { return !absl::StrContains(damage.file, only); });
  SeededRandom random(seed);
  const size_t count = sample == 0 ? all.size() : sample;
  for (size_t i = 0; i < count; ++i) {
    store.Try(sample == 0 ? all[i] : all[random.Uniform(all.size())]);
    if (i % 100 == 0) {
      std::fprintf(stderr, "\r%zu of %zu, %zu problems", i, count, store.tally().problems.size());
    }
  }
  const DamageTally& tally = store.tally();
  for (const std::string& problem : tally.problems) std::printf("PROBLEM %s\n", problem.c_str());
  std::printf(
      "\nseed %llu: %zu damages of %zu; %llu harmless, %llu refused at open, %llu refused at read, "
      "%zu problems\n",
      static_cast<unsigned long long>(seed), count, all.size(),
      static_cast<unsigned long long>(tally.harmless),
      static_cast<unsigned long long>(tally.refused_at_open),
      static_cast<unsigned long long>(tally.refused_at_read), tally.problems.size());
  for (const auto& [what, times] : tally.by_file) {
    std::printf("  %-16s %llu\n", what.c_str(), static_cast<unsigned long long>(times));
  }
  std::filesystem::remove_all(folder);
  return tally.problems.empty() ? 0 : 1;
}

}  // namespace
}  // namespace pavane::testing

int main(int argc, char** argv) { return pavane::testing::Main(argc, argv); }
