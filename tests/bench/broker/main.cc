// Throughput, latency and cost of the whole broker, beside its peers: broker, producer and consumer
// are processes of their own, with their shipped defaults; each peer gets the same orders, in the
// same run, in turn.
//
//   bench_broker [--rows NAME,...] [--repetitions N] [--scale X] [--no-peers] [PAVANED]
//
// Prints a table and writes build/bench/broker.json, where rows of earlier runs stay. A figure is
// the median of the repetitions; where it has goals for peers that ran, these decide.
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <set>
#include <sstream>
#include <string>

#include "tests/bench/broker/consume.h"
#include "tests/bench/broker/idle_streams.h"
#include "tests/bench/broker/produce.h"
#include "tests/bench/broker/rows.h"

namespace pavane::bench {
namespace {

struct Options {
  std::set<std::string> rows;  // empty: all
  int repetitions = 3;
};

int Usage() {
  std::fprintf(stderr,
               "usage: bench_broker [--rows NAME,...] [--repetitions N] [--scale X] [--no-peers] "
               "[PAVANED]\nrows:\n");
  for (const Row& row : Rows()) {
    std::fprintf(stderr, "  %-14s %s\n", row.name.c_str(), row.what.c_str());
  }
  return 2;
}

std::set<std::string> Split(const std::string& text) {
  std::set<std::string> words;
  std::istringstream stream(text);
  for (std::string word; std::getline(stream, word, ',');) words.insert(word);
  return words;
}

// The producers' and consumers' side; -1: not one of them.
int RunRole(int argc, char** argv) {
  const std::string role = argc > 1 ? argv[1] : "";
  if (role.rfind("produce", 0) == 0 && argc == 7) {
    ProduceOptions options;
    options.address = argv[2];
    options.count = std::strtoull(argv[3], nullptr, 10);
    options.rate = std::atof(argv[4]);
    options.in_flight = std::atoi(argv[5]);
    options.type = argv[6];
    if (role == "produce-unary") return ProduceUnary(options);
    if (role == "produce-one-by-one") return ProduceOneByOne(options);
    return Produce(options);
  }
  if ((role.rfind("consume", 0) == 0 || role == "reject") && argc == 5) {
    ConsumeOptions options;
    options.address = argv[2];
    options.count = std::strtoull(argv[3], nullptr, 10);
    options.service = argv[4];
    if (role == "reject") options.handling = Handling::kReject;
    if (role == "consume-failing") options.handling = Handling::kFailing;
    if (role == "consume-chain") options.handling = Handling::kChain;
    return Consume(options);
  }
  if (role == "idle-streams" && argc == 4) return HoldIdleStreams(argv[2], std::atoi(argv[3]));
  return -1;
}

bool ReadOptions(int argc, char** argv, Options& options, Bench& bench) {
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    const bool has_value = i + 1 < argc;
    if (word == "--rows" && has_value) {
      options.rows = Split(argv[++i]);
    } else if (word == "--repetitions" && has_value) {
      options.repetitions = std::atoi(argv[++i]);
    } else if (word == "--scale" && has_value) {
      bench.scale = std::atof(argv[++i]);
    } else if (word == "--no-peers") {
      bench.with_peers = false;
    } else if (word.rfind('-', 0) == 0) {
      return false;
    } else {
      bench.programs.pavaned = word;
    }
  }
  for (const std::string& name : options.rows) {
    bool known = false;
    for (const Row& row : Rows()) known = known || row.name == name;
    if (!known) return false;
  }
  return options.repetitions > 0 && bench.scale > 0;
}

bool RunRows(const Options& options, Bench& bench) {
  bool good = true;
  for (const Row& row : Rows()) {
    if (!options.rows.empty() && !options.rows.contains(row.name)) continue;
    for (int i = 0; i < options.repetitions; ++i) {
      std::printf("%s, repetition %d of %d\n", row.name.c_str(), i + 1, options.repetitions);
      std::fflush(stdout);
      if (row.run(bench)) continue;
      std::fprintf(stderr, "%s failed\n", row.name.c_str());
      good = false;
    }
  }
  return good;
}

int Main(int argc, char** argv) {
  if (const int result = RunRole(argc, argv); result >= 0) return result;
  Options options;
  Bench bench;
  bench.programs.self = std::filesystem::read_symlink("/proc/self/exe");
  const std::filesystem::path bin = std::filesystem::path(bench.programs.self).parent_path();
  bench.programs.pavaned = bin / "pavaned";
  bench.peer_programs = bin;
  if (!ReadOptions(argc, argv, options, bench)) return Usage();
  std::printf("orders of %zu bytes, LZ4 ratio %.2f; an event is %.0f bytes as it is stored\n",
              kDataBytes, Lz4Ratio(), EventBytes());
  const bool good = RunRows(options, bench);
  bench.ledger.Print();
  const std::string path = bin.parent_path() / "bench" / "broker.json";
  const bool written = bench.ledger.Write(path);
  std::printf("\n%s %s\n", written ? "written to" : "cannot write", path.c_str());
  return good && written ? 0 : 1;
}

}  // namespace
}  // namespace pavane::bench

int main(int argc, char** argv) { return pavane::bench::Main(argc, argv); }
