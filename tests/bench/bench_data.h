#ifndef PAVANE_TESTS_BENCH_BENCH_DATA_H_
#define PAVANE_TESTS_BENCH_BENCH_DATA_H_

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"

#include "event/event_view.h"
#include "rules/matcher.h"

namespace pavane::bench {

/// Events as ingress leaves them: validated, with padding.
struct Events {
  std::string text;  // all of them, each followed by padding
  std::vector<event::EventView> views;
  std::vector<absl::string_view> lines;
};

/// Reads a file of lines.
Events ReadEvents(const std::string& path);
/// The same for events given one by one.
Events MakeEvents(const std::vector<std::string>& texts);
std::vector<std::string> ReadLines(const std::string& path);

/// Parses patterns, which are valid, into rules numbered from 1.
std::vector<rules::RuleEntry> Parse(const std::vector<std::string>& patterns);

/// Where the generated events and rules lie; makes what is not there yet.
class DataFolder {
 public:
  /// `source`: the folder of the generators.
  DataFolder(std::string source, std::string folder);

  std::string Lots(int count) const;
  std::string Orders(int count) const;
  std::string OrderRules(int count, const std::string& mix) const;
  std::string Source(const std::string& name) const { return source_ + "/" + name; }
  std::string path() const { return folder_; }

 private:
  std::string Made(const std::string& name, const std::string& script, const std::string& before,
                   const std::string& after) const;

  const std::string source_;
  const std::string folder_;
};

}  // namespace pavane::bench

#endif  // PAVANE_TESTS_BENCH_BENCH_DATA_H_
