// What the programs of the peers share. Each is run as
//
//   bench_peer_NAME setup ADDRESS GROUPS
//   bench_peer_NAME produce ADDRESS COUNT RATE
//   bench_peer_NAME consume ADDRESS COUNT GROUP
//
// and prints what tests/bench/broker/tally.h says. A peer is driven as its documentation advises:
// in pipelines, batches or asynchronously, acknowledging every message.
#ifndef PAVANE_TESTS_BENCH_PEERS_PEER_H_
#define PAVANE_TESTS_BENCH_PEERS_PEER_H_

#include <cstdint>
#include <string>

namespace pavane::bench {

struct PeerCommand {
  std::string role;
  std::string address;
  uint64_t count = 0;
  double rate = 0;  // 0: as fast as it goes
  int group = 0;    // setup: how many
};

/// Ends the process, with usage, if it is no such command.
PeerCommand ReadPeerCommand(int argc, char** argv);
/// Ends the process with what went wrong.
[[noreturn]] void PeerFailed(const std::string& what);

}  // namespace pavane::bench

#endif  // PAVANE_TESTS_BENCH_PEERS_PEER_H_
