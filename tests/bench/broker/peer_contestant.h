#ifndef PAVANE_TESTS_BENCH_BROKER_PEER_CONTESTANT_H_
#define PAVANE_TESTS_BENCH_BROKER_PEER_CONTESTANT_H_

#include <memory>
#include <string>
#include <vector>

#include "tests/bench/broker/contest.h"

namespace pavane::bench {

/// Another broker, or the sketch, driven by its program in tests/bench/peers.
class PeerContestant : public Contestant {
 public:
  /// Names that Start knows.
  static const std::vector<std::string>& Names();
  /// `programs`: the folder with the programs. Null if the peer is not installed or did not start.
  static std::unique_ptr<PeerContestant> Start(const std::string& name, const std::string& programs,
                                               const Load& load);
  ~PeerContestant() override;

  std::vector<std::string> Producer() const override;
  std::vector<std::string> Consumer(int index) const override;
  Child& process() override { return *process_; }
  std::string folder() const override { return folder_.path() + "/data"; }

 private:
  PeerContestant(std::string program, Load load);
  bool StartRedis(const std::string& appendfsync);
  bool StartNats();
  bool StartPostgres();
  bool StartSketch();
  bool SetUp();

  const std::string program_;
  const Load load_;
  RunFolder folder_;
  std::string port_;
  std::string address_;
  int stop_signal_;
  std::unique_ptr<Child> process_;
};

}  // namespace pavane::bench

#endif  // PAVANE_TESTS_BENCH_BROKER_PEER_CONTESTANT_H_
