// What it costs to change rules of a running broker, and to try one out: the real daemon with its
// shipped defaults, 100,000 rules over order events, one client.
//
//   bench_rule_change [--rules N] [--changes N] [--events N] [PAVANED]
//
// Puts and deletes are timed from call to answer; each is also seen to be in force: the next event
// matches. Prints a table and adds its rows to rules.json beside those of bench_rules.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

#include "base/check.h"
#include "rules/json_tree.h"
#include "rules/pattern_text.h"
#include "tests/bench/rule_change/broker.h"
#include "tests/bench/rule_change/rows.h"
#include "tests/bench/rule_change/rule_set_rows.h"

namespace pavane::bench {
namespace {

using Better = Rows::Better;

constexpr size_t kRulesPerCall = 1000;
constexpr int kEventsPerCall = 500;
// Windows of matching with and without changes, in turn.
constexpr int kWindows = 6;
constexpr double kWindowSeconds = 1.5;
constexpr double kBetweenChanges = 0.05;

struct Options {
  size_t rules = 100'000;
  size_t changes = 200;
  size_t events = 300'000;
  std::string pavaned;
};

std::vector<std::string> Made(const std::string& what, size_t count, const std::string& more) {
  const std::string folder = PAVANE_BENCH_FOLDER;
  std::filesystem::create_directories(folder);
  const std::string path = absl::StrCat(folder, "/change-", what, "-", count, ".jsonl");
  if (!std::ifstream(path).good()) {
    const std::string command = absl::StrCat("python3 '", PAVANE_BENCH_SOURCE, "/gen_orders.py' ",
                                             what, " '", path, ".new' ", count, " ", more,
                                             " > /dev/null && mv '", path, ".new' '", path, "'");
    CHECK_EQ(std::system(command.c_str()), 0) << command;
  }
  std::vector<std::string> lines;
  std::ifstream in(path);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

// The CloudEvent of an envelope as the generator writes it.
io::cloudevents::v1::CloudEvent ToEvent(const std::string& line) {
  io::cloudevents::v1::CloudEvent event;
  event.set_spec_version("1.0");
  const auto root = rules::ReadJsonTree(rules::PatternText(line), 100);
  CHECK_OK(root);
  for (const rules::JsonMember& member : root->members) {
    if (member.name == "id") event.set_id(member.value.text);
    if (member.name == "source") event.set_source(member.value.text);
    if (member.name == "detail-type") event.set_type(member.value.text);
    if (member.name == "detail") {
      event.set_text_data(line.substr(member.value.offset, member.value.length));
    }
  }
  return event;
}

class Bench {
 public:
  explicit Bench(Options options)
      : options_(std::move(options)),
        broker_(options_.pavaned),
        patterns_(Made("rules", options_.rules, "orders full 1")),
        event_lines_(Made("events", 5'000, "1")) {
    for (const std::string& line : event_lines_) events_.push_back(ToEvent(line));
  }

  void Run() {
    AddRuleSetRows(patterns_, event_lines_, &rows_);
    broker_.Start();
    PutAll();
    ChangeOne();
    MatchMeanwhile();
    Restart();
    Preview();
  }

  const Rows& rows() const { return rows_; }

 private:
  std::string Name(const std::string& what) const {
    return absl::StrCat("change/", options_.rules, "/", what);
  }
  static double Milliseconds(const std::vector<double>& seconds, double share) {
    return 1000 * Quantile(seconds, share);
  }

  void PutAll() {
    std::vector<double> took;
    const double start = Now();
    for (size_t begin = 0; begin < patterns_.size(); begin += kRulesPerCall) {
      took.push_back(
          broker_.PutRules(patterns_, begin, std::min(begin + kRulesPerCall, patterns_.size())));
    }
    rows_.Add(Name("put all, 1,000 a call"), Now() - start, "s");
    rows_.Add(Name("put 1,000, median"), Milliseconds(took, 0.5), "ms");
    rows_.Add(Name("put 1,000, worst"), Milliseconds(took, 1), "ms");
  }

  // Whether the event of that source matches.
  bool InForce(const std::string& source) {
    v1::PublishRequest request;
    request.set_validate_only(true);
    auto& event = *request.add_entries()->mutable_event();
    event = events_[0];
    event.set_source(source);
    return broker_.Publish(request)[0] == 1;
  }

  static std::string SourcePattern(const std::string& source) {
    return absl::StrCat("{\"source\":[\"", source, "\"]}");
  }

  void ChangeOne() {
    std::vector<double> put;
    std::vector<double> replaced;
    std::vector<double> deleted;
    for (size_t i = 0; i < options_.changes; ++i) {
      const std::string name = absl::StrCat("one-", i);
      put.push_back(broker_.PutRule(name, SourcePattern(name)));
      CHECK(InForce(name)) << "a rule is in force when its put is answered";
      replaced.push_back(broker_.PutRule(name, SourcePattern(name + "-again")));
      CHECK(InForce(name + "-again") && !InForce(name)) << "a rule is replaced";
      deleted.push_back(broker_.DeleteRule(name));
      CHECK(!InForce(name + "-again")) << "a rule is gone when its delete is answered";
    }
    for (const auto& [what, took] :
         {std::make_pair("put one", &put), {"replace one", &replaced}, {"delete one", &deleted}}) {
      rows_.Add(Name(absl::StrCat(what, ", median")), Milliseconds(*took, 0.5), "ms", 5,
                Better::kSmaller);
      rows_.Add(Name(absl::StrCat(what, ", 99 %")), Milliseconds(*took, 0.99), "ms");
    }
  }

  // Events a second that one client gets checked and matched.
  double MatchWindow() {
    const double end = Now() + kWindowSeconds;
    const double start = Now();
    uint64_t events = 0;
    while (Now() < end) {
      v1::PublishRequest request;
      request.set_validate_only(true);
      for (int i = 0; i < kEventsPerCall; ++i) {
        *request.add_entries()->mutable_event() = events_[(events + i) % events_.size()];
      }
      broker_.Publish(request);
      events += kEventsPerCall;
    }
    return static_cast<double>(events) / (Now() - start);
  }

  void MatchMeanwhile() {
    std::vector<double> ratios;
    std::vector<double> quiet_rates;
    for (int i = 0; i < kWindows; ++i) {
      const double quiet = MatchWindow();
      std::atomic<bool> stop = false;
      std::thread changes([&] {
        for (int n = 0; !stop; ++n) {
          broker_.PutRule("meanwhile", SourcePattern(absl::StrCat("meanwhile-", n)));
          std::this_thread::sleep_for(std::chrono::duration<double>(kBetweenChanges));
        }
      });
      const double changing = MatchWindow();
      stop = true;
      changes.join();
      quiet_rates.push_back(quiet);
      ratios.push_back(changing / quiet);
    }
    rows_.Add(Name("matching through the daemon"), Quantile(quiet_rates, 0.5), "events/s");
    rows_.Add(Name("the same, 20 changes a second, of it"), Quantile(ratios, 0.5), "ratio", 0.9,
              Better::kLarger);
  }

  void Restart() {
    broker_.Stop();
    rows_.Add(Name("start"), broker_.Start(), "s", 3, Better::kSmaller);
    rows_.Add(Name("peak memory after start"), broker_.PeakMegabytes(), "MB");
  }

  void Preview() {
    for (size_t sent = 0; sent < options_.events; sent += kEventsPerCall) {
      v1::PublishRequest request;
      for (int i = 0; i < kEventsPerCall; ++i) {
        auto& event = *request.add_entries()->mutable_event();
        event = events_[(sent + i) % events_.size()];
        event.set_id(absl::StrCat(sent + i));
      }
      broker_.Publish(request);
    }
    admin::v1::PreviewRuleRequest request;
    request.set_pattern(patterns_[0]);
    request.set_replaces("rule-1");
    grpc::ClientContext context;
    admin::v1::PreviewRuleResponse response;
    const double start = Now();
    const auto stream = broker_.rules().PreviewRule(&context, request);
    while (stream->Read(&response)) {
    }
    CHECK(stream->Finish().ok() && response.done()) << "the preview ends";
    CHECK_GE(response.events(), options_.events) << "it has seen every event";
    rows_.Add("preview", static_cast<double>(response.events()) / (Now() - start), "events/s");
  }

  const Options options_;
  Broker broker_;
  const std::vector<std::string> patterns_;
  const std::vector<std::string> event_lines_;
  std::vector<io::cloudevents::v1::CloudEvent> events_;
  Rows rows_;
};

bool Number(const char* text, size_t* number) { return absl::SimpleAtoi(text, number); }

}  // namespace

int Main(int argc, char** argv) {
  Options options;
  options.pavaned = std::filesystem::path(argv[0]).parent_path() / "pavaned";
  for (int i = 1; i < argc; ++i) {
    const std::string flag = argv[i];
    size_t* number = flag == "--rules"     ? &options.rules
                     : flag == "--changes" ? &options.changes
                     : flag == "--events"  ? &options.events
                                           : nullptr;
    if (number == nullptr && flag[0] != '-') {
      options.pavaned = flag;
    } else if (number == nullptr || ++i == argc || !Number(argv[i], number) || *number == 0) {
      std::fprintf(stderr, "usage: %s [--rules N] [--changes N] [--events N] [PAVANED]\n", argv[0]);
      return 2;
    }
  }
  Bench bench(options);
  bench.Run();
  bench.rows().Print();
  bench.rows().WriteInto(absl::StrCat(PAVANE_BENCH_FOLDER, "/rules.json"));
  return 0;
}

}  // namespace pavane::bench

int main(int argc, char** argv) { return pavane::bench::Main(argc, argv); }
