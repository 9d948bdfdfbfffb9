#include "tests/bench/broker/ledger.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <utility>

#include "nlohmann/json.hpp"

namespace pavane::bench {
namespace {

std::string Text(double value) {
  char text[32];
  std::snprintf(text, sizeof text, value >= 1'000 ? "%.0f" : "%.3g", value);
  return text;
}

}  // namespace

void Ledger::Declare(const std::string& name, const std::string& unit, std::optional<Goal> goal) {
  for (const Figure& figure : figures_) {
    if (figure.name == name) return;
  }
  figures_.push_back({name, unit, std::move(goal), {}});
}

void Ledger::Add(const std::string& name, const std::string& contestant, double value) {
  for (Figure& figure : figures_) {
    if (figure.name == name) figure.values[contestant].push_back(value);
  }
}

double Ledger::Figure::Median(const std::string& contestant) const {
  std::vector<double> sorted = values.at(contestant);
  std::sort(sorted.begin(), sorted.end());
  return sorted[sorted.size() / 2];
}

std::map<std::string, double> Ledger::Figure::Ratios() const {
  std::map<std::string, double> ratios;
  if (!values.contains("")) return ratios;
  for (const auto& [contestant, unused] : values) {
    if (!contestant.empty()) ratios[contestant] = Median("") / Median(contestant);
  }
  return ratios;
}

std::optional<bool> Ledger::Figure::Met() const {
  if (!goal || !values.contains("")) return std::nullopt;
  const auto holds = [this](double value, double bound) {
    return goal->better == Goal::Better::kHigher ? value >= bound : value <= bound;
  };
  std::optional<bool> met;
  for (const auto& [peer, ratio] : Ratios()) {
    const auto bound = goal->ratios.find(peer);
    if (bound != goal->ratios.end()) met = met.value_or(true) && holds(ratio, bound->second);
  }
  if (!met && goal->value) met = holds(Median(""), *goal->value);
  return met;
}

std::string Ledger::Figure::Cell(const std::string& contestant) const {
  const std::vector<double>& all = values.at(contestant);
  const auto [low, high] = std::minmax_element(all.begin(), all.end());
  return Text(Median(contestant)) + " (" + Text(*low) + " to " + Text(*high) + ")";
}

std::string Ledger::Figure::PeerCells() const {
  std::string cells;
  for (const auto& [peer, ratio] : Ratios()) {
    if (!cells.empty()) cells += "; ";
    cells += peer + " " + Cell(peer) + ", ratio " + Text(ratio);
    if (goal && goal->ratios.contains(peer)) cells += " of " + Text(goal->ratios.at(peer));
  }
  return cells;
}

void Ledger::Print() const {
  std::printf(
      "\n| figure | unit | Pavane: median (spread) | goal | met | peers in the same run |\n");
  std::printf("|---|---|---|---|---|---|\n");
  for (const Figure& figure : figures_) {
    if (!figure.values.contains("")) continue;
    const std::optional<bool> met = figure.Met();
    std::printf("| %s | %s | %s | %s | %s | %s |\n", figure.name.c_str(), figure.unit.c_str(),
                figure.Cell("").c_str(),
                figure.goal && figure.goal->value ? Text(*figure.goal->value).c_str() : "",
                !met   ? ""
                : *met ? "yes"
                       : "no",
                figure.PeerCells().c_str());
  }
  std::fflush(stdout);
}

bool Ledger::Write(const std::string& path) const {
  nlohmann::json all = nlohmann::json::array();
  if (std::ifstream before(path); before.good()) {
    all = nlohmann::json::parse(before, nullptr, false);
    if (!all.is_array()) all = nlohmann::json::array();
  }
  for (const Figure& figure : figures_) {
    if (!figure.values.contains("")) continue;
    nlohmann::json entry = {{"name", figure.name}, {"value", figure.Median("")},
                            {"unit", figure.unit}, {"peer_ratios", figure.Ratios()},
                            {"goal", nullptr},     {"met", nullptr}};
    if (figure.goal && figure.goal->value) entry["goal"] = *figure.goal->value;
    if (const std::optional<bool> met = figure.Met()) entry["met"] = *met;
    const auto same = std::find_if(all.begin(), all.end(), [&](const nlohmann::json& other) {
      return other.value("name", "") == figure.name;
    });
    if (same == all.end()) {
      all.push_back(std::move(entry));
    } else {
      *same = std::move(entry);
    }
  }
  std::error_code unmade;  // then the file cannot be opened either
  std::filesystem::create_directories(std::filesystem::path(path).parent_path(), unmade);
  std::ofstream file(path);
  file << all.dump(2) << "\n";
  return file.good();
}

}  // namespace pavane::bench
