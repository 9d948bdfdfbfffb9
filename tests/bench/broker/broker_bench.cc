// Throughput and latency of the whole broker: broker, producer and consumer are three processes,
// all with their shipped defaults; every answer waits for its sync.
//
//   bench_broker [--events N] [--repetitions N] [--durability fsync|os] [PAVANED]
//
// Prints a table and writes broker.json: an array of {name, value, unit, peer_ratios, goal, met}.
// A figure is the median of the repetitions. Goals are those of the project for a machine with two
// cores; peers are not run, so peer_ratios is empty.
#include <signal.h>
#include <stdlib.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include "grpcpp/create_channel.h"
#include "grpcpp/security/credentials.h"

#include "pavane/admin/v1/rule.grpc.pb.h"
#include "pavane/admin/v1/system.grpc.pb.h"
#include "tests/bench/broker/child.h"
#include "tests/bench/broker/roles.h"

namespace pavane::bench {
namespace {

struct Options {
  uint64_t events = 200'000;
  int repetitions = 3;
  std::string durability = "fsync";
  std::string pavaned;
  std::string self;
};

struct Row {
  std::string name;
  std::string unit;
  double goal = 0;
  bool lower_is_better = false;
  std::vector<double> values;

  double Median() const {
    std::vector<double> sorted = values;
    std::sort(sorted.begin(), sorted.end());
    return sorted.empty() ? 0 : sorted[sorted.size() / 2];
  }
  bool met() const { return lower_is_better ? Median() <= goal : Median() >= goal; }
};

/// One broker over a fresh folder, with the thousand rules in place.
class Broker {
 public:
  explicit Broker(const Options& options) {
    char name[] = "/tmp/pavane-bench-XXXXXX";
    folder_ = ::mkdtemp(name);
    const std::string ports = folder_ + "/ports.json";
    process_.emplace(std::vector<std::string>{options.pavaned, "--data-dir", folder_ + "/data",
                                              "--grpc-listen", "127.0.0.1:0", "--http-listen",
                                              "127.0.0.1:0", "--ports-file", ports, "--durability",
                                              options.durability, "--log.level", "error"});
    for (int i = 0; i < 2000 && address_.empty(); ++i) {
      std::ifstream file(ports);
      std::string text((std::istreambuf_iterator<char>(file)), {});
      const size_t at = text.find("127.0.0.1:");
      if (text.find('}') != std::string::npos && at != std::string::npos) {
        address_ = text.substr(at, text.find('"', at) - at);
      }
      if (address_.empty()) ::usleep(5'000);
    }
    ok_ = !address_.empty() && PutRules();
  }
  ~Broker() {
    process_->Signal(SIGTERM);
    process_->Wait();
    std::filesystem::remove_all(folder_);
  }

  bool ok() const { return ok_; }
  const std::string& address() const { return address_; }
  const Child& process() const { return *process_; }

 private:
  bool PutRules() {
    auto stub = admin::v1::RuleAdmin::NewStub(
        grpc::CreateChannel(address_, grpc::InsecureChannelCredentials()));
    admin::v1::PutRulesRequest request;
    for (int i = 0; i < kRules; ++i) {
      admin::v1::Rule& rule = *request.add_rules();
      rule.set_name("rule-" + std::to_string(i));
      rule.set_pattern(R"({"detail":{"kind":["k)" + std::to_string(i) + R"("]}})");
      rule.add_targets()->set_id("bench");
      rule.mutable_targets(0)->set_address(std::string("service:") + kService);
    }
    grpc::ClientContext context;
    admin::v1::PutRulesResponse response;
    const grpc::Status status = stub->PutRules(&context, request, &response);
    if (!status.ok()) std::fprintf(stderr, "PutRules: %s\n", status.error_message().c_str());
    return status.ok();
  }

  std::string folder_;
  std::optional<Child> process_;
  std::string address_;
  bool ok_ = false;
};

class Bench {
 public:
  explicit Bench(Options options) : options_(std::move(options)) {}

  bool Run() {
    for (int i = 0; i < options_.repetitions; ++i) {
      if (!Throughput() || !Latency(1'000, 0.6, 1.5) || !Latency(5'000, 0.85, 2.2) ||
          !Unary(64, 30'000) || !Unary(1, 2'200)) {
        return false;
      }
      std::printf("repetition %d of %d done\n", i + 1, options_.repetitions);
      std::fflush(stdout);
    }
    return true;
  }

  void Report(const std::string& path) const {
    std::printf("\n%-52s %12s %-8s %10s  %s\n", "row", "median", "unit", "goal", "met");
    std::filesystem::create_directories(std::filesystem::path(path).parent_path());
    std::ofstream json(path);
    json << "[\n";
    for (size_t i = 0; i < rows_.size(); ++i) {
      const Row& row = rows_[i];
      const auto [low, high] = std::minmax_element(row.values.begin(), row.values.end());
      std::printf("%-52s %12.4g %-8s %10.4g  %-3s  (%.4g to %.4g)\n", row.name.c_str(),
                  row.Median(), row.unit.c_str(), row.goal, row.met() ? "yes" : "no", *low, *high);
      json << "  {\"name\": \"" << row.name << "\", \"value\": " << row.Median() << ", \"unit\": \""
           << row.unit << "\", \"peer_ratios\": {}, \"goal\": " << row.goal
           << ", \"met\": " << (row.met() ? "true" : "false") << "}"
           << (i + 1 < rows_.size() ? ",\n" : "\n");
    }
    json << "]\n";
    std::printf("written to %s\n", path.c_str());
  }

 private:
  void Add(const std::string& name, const std::string& unit, double goal, bool lower_is_better,
           double value) {
    for (Row& row : rows_) {
      if (row.name == name) return row.values.push_back(value);
    }
    rows_.push_back({name, unit, goal, lower_is_better, {value}});
  }

  bool Throughput() {
    Broker broker(options_);
    if (!broker.ok()) return false;
    const std::string count = std::to_string(options_.events);
    const double cpu_before = broker.process().CpuSeconds();
    Child consumer({options_.self, "consumer", broker.address(), count});
    if (consumer.ReadLine() != "ready") return false;
    Child producer({options_.self, "producer", broker.address(), count, "0"});
    const std::vector<double> published = producer.ReadNumbers();
    const std::vector<double> consumed = consumer.ReadNumbers();
    if (published.size() != 2 || consumed.size() != 4) return false;
    const auto events = static_cast<double>(options_.events);
    const double cpu = broker.process().CpuSeconds() - cpu_before;
    Add("published, delivered, acked; client defaults", "1/s", 300'000, false,
        events / std::max(published[0], consumed[0]));
    Add("CPU per event: broker", "us", 5, true, cpu / events * 1e6);
    Add("CPU per event: producer", "us", 5, true, published[1] / events * 1e6);
    Add("CPU per event: consumer", "us", 5, true, consumed[1] / events * 1e6);
    Add("peak memory: broker", "MB", 200, true, broker.process().PeakMegabytes());
    return true;
  }

  bool Latency(int rate, double p50_goal, double p99_goal) {
    Broker broker(options_);
    if (!broker.ok()) return false;
    const std::string count = std::to_string(rate * 4);
    Child consumer({options_.self, "consumer", broker.address(), count});
    if (consumer.ReadLine() != "ready") return false;
    Child producer({options_.self, "producer", broker.address(), count, std::to_string(rate)});
    const std::vector<double> consumed = consumer.ReadNumbers();
    if (consumed.size() != 4) return false;
    const std::string name = "publish to handler at " + std::to_string(rate) + "/s: ";
    Add(name + "p50", "ms", p50_goal, true, consumed[2]);
    Add(name + "p99", "ms", p99_goal, true, consumed[3]);
    return true;
  }

  bool Unary(int in_flight, double goal) {
    Broker broker(options_);
    if (!broker.ok()) return false;
    const int count = in_flight == 1 ? 4'000 : 40'000;
    Child producer({options_.self, "unary", broker.address(), std::to_string(count),
                    std::to_string(in_flight)});
    const std::vector<double> published = producer.ReadNumbers();
    if (published.size() != 2) return false;
    Add("unary Publish, " + std::to_string(in_flight) + " in flight", "1/s", goal, false,
        count / published[0]);
    return true;
  }

  const Options options_;
  std::vector<Row> rows_;
};

int Usage() {
  std::fprintf(stderr,
               "usage: bench_broker [--events N] [--repetitions N] [--durability fsync|os] "
               "[PAVANED]\n");
  return 2;
}

int Main(int argc, char** argv) {
  Options options;
  options.self = std::filesystem::read_symlink("/proc/self/exe");
  const std::filesystem::path bin = std::filesystem::path(options.self).parent_path();
  options.pavaned = bin / "pavaned";
  const std::string role = argc > 1 ? argv[1] : "";
  if (role == "producer" && argc == 5) {
    return RunProducer(argv[2], std::strtoull(argv[3], nullptr, 10), std::atof(argv[4]));
  }
  if (role == "unary" && argc == 5) {
    return RunUnary(argv[2], std::strtoull(argv[3], nullptr, 10), std::atoi(argv[4]));
  }
  if (role == "consumer" && argc == 4) {
    return RunConsumer(argv[2], std::strtoull(argv[3], nullptr, 10));
  }
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    const bool has_value = i + 1 < argc;
    if (word == "--events" && has_value) {
      options.events = std::strtoull(argv[++i], nullptr, 10);
    } else if (word == "--repetitions" && has_value) {
      options.repetitions = std::atoi(argv[++i]);
    } else if (word == "--durability" && has_value) {
      options.durability = argv[++i];
    } else if (word.rfind("-", 0) == 0) {
      return Usage();
    } else {
      options.pavaned = word;
    }
  }
  if (options.events == 0 || options.repetitions <= 0) return Usage();
  Bench bench(options);
  const bool ran = bench.Run();
  bench.Report(bin.parent_path() / "bench" / "broker.json");
  if (!ran) std::fprintf(stderr, "a run failed\n");
  return ran ? 0 : 1;
}

}  // namespace
}  // namespace pavane::bench

int main(int argc, char** argv) { return pavane::bench::Main(argc, argv); }
