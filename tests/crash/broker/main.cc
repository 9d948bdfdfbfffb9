// Kills a whole pavaned with SIGKILL again and again under load and checks that nothing that was
// acknowledged is lost, no delivery is lost, and no settlement is applied halfway; see campaign.h.
//
//   broker_crash [--kills N] [--seed S] [--folder DIR] [--lie POINT] [--only-at POINT]
//                [--patience SECONDS] [--rate-min EVENTS_PER_SECOND] PAVANED
//
// Prints one line of JSON. Exit code 0 when every check holds.
#include <stdlib.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <string>

#include "tests/crash/broker/campaign.h"

namespace pavane::crash {
namespace {

bool Parse(int argc, char** argv, Campaign::Options& options) {
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    const bool has_value = i + 1 < argc;
    if (word == "--kills" && has_value) {
      options.kills = std::strtoull(argv[++i], nullptr, 10);
    } else if (word == "--seed" && has_value) {
      options.seed = std::strtoull(argv[++i], nullptr, 10);
    } else if (word == "--patience" && has_value) {
      options.patience = std::chrono::seconds(std::strtoull(argv[++i], nullptr, 10));
    } else if (word == "--rate-min" && has_value) {
      options.rate_min = std::strtoull(argv[++i], nullptr, 10);
    } else if (word == "--folder" && has_value) {
      options.folder = argv[++i];
    } else if (word == "--lie" && has_value) {
      options.lie = argv[++i];
    } else if (word == "--only-at" && has_value) {
      options.only_at = argv[++i];
    } else if (word.starts_with("-") || !options.binary.empty()) {
      return false;
    } else {
      options.binary = word;
    }
  }
  return !options.binary.empty();
}

int Run(Campaign::Options options) {
  const bool own_folder = options.folder.empty();
  if (own_folder) {
    std::string name = "/tmp/pavane-crash-XXXXXX";
    options.folder = ::mkdtemp(name.data());
  }
  Campaign campaign(options);
  campaign.Run();
  std::printf("%s\n", campaign.tally().Json().c_str());
  if (!campaign.tally().problems.empty()) return 1;
  if (own_folder) std::filesystem::remove_all(options.folder);
  return 0;
}

}  // namespace
}  // namespace pavane::crash

int main(int argc, char** argv) {
  pavane::crash::Campaign::Options options;
  options.seed = std::random_device()();
  if (!pavane::crash::Parse(argc, argv, options)) {
    std::fprintf(stderr, "wrong arguments: see the head of the source\n");
    return 2;
  }
  return pavane::crash::Run(options);
}
