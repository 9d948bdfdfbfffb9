#include "tests/bench/bench_data.h"

#include <sys/stat.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>

#include "absl/strings/str_cat.h"

#include "base/check.h"
#include "event/json.h"
#include "rules/pattern.h"

namespace pavane::bench {

Events ReadEvents(const std::string& path) { return MakeEvents(ReadLines(path)); }

Events MakeEvents(const std::vector<std::string>& texts) {
  Events events;
  std::vector<std::pair<size_t, size_t>> places;
  for (const std::string& line : texts) {
    places.emplace_back(events.text.size(), line.size());
    events.text += line;
    events.text.append(event::kJsonPadding, ' ');
  }
  for (const auto& [offset, size] : places) {
    const absl::string_view line = absl::string_view(events.text).substr(offset, size);
    const auto shape = event::ValidateJson(line);
    CHECK_OK(shape) << line;
    events.lines.push_back(line);
    events.views.push_back(event::EventView::FromJson(line, shape->distinct_paths));
  }
  return events;
}

std::vector<std::string> ReadLines(const std::string& path) {
  std::ifstream in(path);
  CHECK(in.good()) << path;
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

std::vector<rules::RuleEntry> Parse(const std::vector<std::string>& patterns) {
  std::vector<rules::RuleEntry> entries;
  for (const std::string& text : patterns) {
    const auto pattern = rules::Pattern::Parse(text);
    CHECK_OK(pattern) << text;
    entries.push_back({entries.size() + 1, *pattern});
  }
  return entries;
}

DataFolder::DataFolder(std::string source, std::string folder)
    : source_(std::move(source)), folder_(std::move(folder)) {
  mkdir(folder_.c_str(), 0755);
}

std::string DataFolder::Lots(int count) const {
  return Made(absl::StrCat("lots-", count, ".jsonl"), "gen_citylots.py", "", absl::StrCat(count));
}

std::string DataFolder::Orders(int count) const {
  return Made(absl::StrCat("orders-", count, ".jsonl"), "gen_orders.py", "events",
              absl::StrCat(count));
}

std::string DataFolder::OrderRules(int count, const std::string& mix) const {
  return Made(absl::StrCat("order-rules-", mix, "-", count, ".jsonl"), "gen_orders.py", "rules",
              absl::StrCat(count, " orders ", mix));
}

std::string DataFolder::Made(const std::string& name, const std::string& script,
                             const std::string& before, const std::string& after) const {
  const std::string path = folder_ + "/" + name;
  if (std::ifstream(path).good()) return path;
  const std::string made = path + ".new";
  const std::string command = absl::StrCat("python3 '", source_, "/", script, "' ", before, " '",
                                           made, "' ", after, " > /dev/null");
  std::fprintf(stderr, "making %s\n", name.c_str());
  CHECK_EQ(std::system(command.c_str()), 0) << command;
  CHECK_EQ(std::rename(made.c_str(), path.c_str()), 0);
  return path;
}

}  // namespace pavane::bench
