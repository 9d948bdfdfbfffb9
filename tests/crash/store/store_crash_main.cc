// Kills a process that writes the store and checks what is left; see store_crash.h.
//
//   store_crash [--kills N] [--seed S] [--folder DIR] [--lie POINT] [--only-at POINT]
//               [--no-power-cuts] [--os]
//
// Prints one line of JSON. Exit code 0 when every check held.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "base/random.h"
#include "tests/crash/store/store_crash.h"

namespace pavane::testing {
namespace {

struct Arguments {
  uint64_t kills = 100;
  StoreCrash::Options options;
};

bool Parse(int argc, char** argv, Arguments& arguments) {
  StoreCrash::Options& options = arguments.options;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    const char* value = i + 1 < argc ? argv[i + 1] : nullptr;
    if (word == "--no-power-cuts") {
      options.power_cuts = false;
      continue;
    }
    if (word == "--os") {
      options.durability_os = true;
      continue;
    }
    if (value == nullptr) return false;
    ++i;
    if (word == "--kills") {
      arguments.kills = std::strtoull(value, nullptr, 10);
    } else if (word == "--seed") {
      options.seed = std::strtoull(value, nullptr, 10);
    } else if (word == "--folder") {
      options.folder = value;
    } else if (word == "--lie") {
      options.lie = value;
    } else if (word == "--only-at") {
      options.only_at = value;
    } else {
      return false;
    }
  }
  return true;
}

int Main(int argc, char** argv) {
  Arguments arguments;
  arguments.options.seed = SystemRandom::Get().Uint64() >> 16;
  if (!Parse(argc, argv, arguments)) {
    std::fprintf(stderr, "wrong arguments: see the head of the source\n");
    return 2;
  }
  StoreCrash::Options& options = arguments.options;
  const bool own_folder = options.folder.empty();
  if (own_folder) {
    std::string name = "/tmp/pavane-crash-XXXXXX";
    options.folder = mkdtemp(name.data());
  }
  StoreCrash crash(options);
  crash.Run(arguments.kills);
  std::printf("%s\n", crash.tally().Json().c_str());
  if (!crash.tally().problems.empty()) return 1;
  if (own_folder) std::filesystem::remove_all(options.folder);
  return 0;
}

}  // namespace
}  // namespace pavane::testing

int main(int argc, char** argv) { return pavane::testing::Main(argc, argv); }
