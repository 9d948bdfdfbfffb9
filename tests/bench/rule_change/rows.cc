#include "tests/bench/rule_change/rows.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "absl/strings/match.h"
#include "absl/strings/str_format.h"

namespace pavane::bench {

void Rows::Add(const std::string& name, double value, const std::string& unit, double goal,
               Better better) {
  const bool met = better == Better::kSmaller ? value <= goal : value >= goal;
  rows_.push_back({name, value, unit, true, goal, met});
}

void Rows::Add(const std::string& name, double value, const std::string& unit) {
  rows_.push_back({name, value, unit});
}

void Rows::Print() const {
  std::printf("%-52s %12s %-10s %10s  %s\n", "", "value", "unit", "goal", "met");
  for (const Row& row : rows_) {
    std::printf("%-52s %12s %-10s %10s  %s\n", row.name.c_str(),
                absl::StrFormat("%.4g", row.value).c_str(), row.unit.c_str(),
                row.has_goal ? absl::StrFormat("%.4g", row.goal).c_str() : "",
                !row.has_goal ? ""
                : row.met     ? "yes"
                              : "NO");
  }
}

std::string Rows::Json(const Row& row) {
  return absl::StrFormat(
      "{\"name\":\"%s\",\"value\":%.6g,\"unit\":\"%s\",\"limit_ratio\":null,\"goal\":%s,\"met\":%"
      "s}",
      row.name, row.value, row.unit, row.has_goal ? absl::StrFormat("%.6g", row.goal) : "null",
      !row.has_goal ? "null"
      : row.met     ? "true"
                    : "false");
}

void Rows::WriteInto(const std::string& path) const {
  // The file has a row on each line.
  std::vector<std::string> lines;
  std::ifstream in(path);
  for (std::string line; std::getline(in, line);) {
    if (!absl::StartsWith(line, "{")) continue;
    while (!line.empty() && line.back() != '}') line.pop_back();
    const bool ours = std::any_of(rows_.begin(), rows_.end(), [&](const Row& row) {
      return absl::StartsWith(line, "{\"name\":\"" + row.name + "\"");
    });
    if (!ours) lines.push_back(line);
  }
  for (const Row& row : rows_) lines.push_back(Json(row));
  std::filesystem::create_directories(std::filesystem::path(path).parent_path());
  std::ofstream out(path, std::ios::trunc);
  out << "[";
  for (size_t i = 0; i < lines.size(); ++i) out << (i == 0 ? "\n" : ",\n") << lines[i];
  out << "\n]\n";
  std::printf("written to %s\n", path.c_str());
}

double Quantile(std::vector<double> values, double share) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  return values[static_cast<size_t>(share * static_cast<double>(values.size() - 1) + 0.5)];
}

}  // namespace pavane::bench
