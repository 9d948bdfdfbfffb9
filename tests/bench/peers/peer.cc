#include "tests/bench/peers/peer.h"

#include <cstdio>
#include <cstdlib>

namespace pavane::bench {

PeerCommand ReadPeerCommand(int argc, char** argv) {
  PeerCommand command;
  if (argc > 1) command.role = argv[1];
  const bool setup = command.role == "setup" && argc == 4;
  const bool work = (command.role == "produce" || command.role == "consume") && argc == 5;
  if (!setup && !work) {
    std::fprintf(stderr,
                 "usage: %s setup ADDRESS GROUPS | produce ADDRESS COUNT RATE | consume ADDRESS "
                 "COUNT GROUP\n",
                 argv[0]);
    std::exit(2);
  }
  command.address = argv[2];
  if (setup) {
    command.group = std::atoi(argv[3]);
    return command;
  }
  command.count = std::strtoull(argv[3], nullptr, 10);
  command.rate = std::atof(argv[4]);
  command.group = std::atoi(argv[4]);
  return command;
}

void PeerFailed(const std::string& what) {
  std::fprintf(stderr, "%s\n", what.c_str());
  std::exit(1);
}

}  // namespace pavane::bench
