#include "tests/bench/broker/raw_limits.h"

#include "tests/bench/broker/child.h"
#include "tests/bench/broker/contest.h"

namespace pavane::bench {

std::optional<double> RawLimits::Run(const std::string& role, const std::string& where,
                                     uint64_t count, int in_flight) const {
  Child client({bench_.peer_programs + "/bench_peer_raw", role, where, std::to_string(count),
                std::to_string(in_flight)});
  const std::vector<double> line = client.ReadNumbers();
  if (line.size() < 3) return std::nullopt;
  return static_cast<double>(count) / (line[1] - line[0]) * 1e9;
}

std::optional<double> RawLimits::RunServed(const std::string& role, uint64_t count,
                                           int in_flight) const {
  if (!bench_.with_peers) return std::nullopt;
  Child server({bench_.peer_programs + "/bench_peer_raw", "serve", "127.0.0.1:0", "0", "0"});
  const std::string address = server.ReadLine();
  if (address.empty()) return std::nullopt;
  return Run(role, address, count, in_flight);
}

std::optional<double> RawLimits::EchoRate(uint64_t count, int in_flight) const {
  return RunServed("echo", count, in_flight);
}

std::optional<double> RawLimits::StreamRate(uint64_t count) const {
  return RunServed("stream", count, 0);
}

std::optional<double> RawLimits::SyncRate(uint64_t count) const {
  if (!bench_.with_peers) return std::nullopt;
  const RunFolder folder;
  return Run("sync", folder.path(), count, 0);
}

void RawLimits::Add(const std::string& figure, const std::string& name,
                    std::optional<double> rate) const {
  if (rate) bench_.ledger.Add(figure, name, *rate);
}

}  // namespace pavane::bench
