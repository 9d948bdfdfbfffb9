#include "plugins/seat/seat_map.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include <yaml-cpp/yaml.h>

#include "plugins/common/file.h"
#include "plugins/common/status_macros.h"

namespace pavane::seat {
namespace {

constexpr int kRowsMax = 200;
constexpr size_t kLettersMax = 20;

constexpr char kDefaultYaml[] =
    "aircraft:\n"
    "  A320:\n"
    "    business: {rows: [1, 3], letters: 'AC DF'}\n"
    "    economy: {rows: [4, 30], letters: 'ABC DEF'}\n"
    "default: A320\n";

Position PositionOf(const std::string& letters, size_t i) {
  if (i == 0 || i + 1 == letters.size()) return Position::kWindow;
  return letters[i - 1] == ' ' || letters[i + 1] == ' ' ? Position::kAisle : Position::kMiddle;
}

bool Meets(Position position, Preference preference) {
  switch (preference) {
    case Preference::kWindow:
      return position == Position::kWindow;
    case Preference::kAisle:
      return position == Position::kAisle;
    case Preference::kNone:
      return true;
  }
  return true;
}

absl::StatusOr<Cabin> ReadCabin(const std::string& name, const YAML::Node& node) {
  const auto rows = node["rows"].as<std::vector<int>>();
  const auto letters = node["letters"].as<std::string>();
  if (rows.size() != 2 || rows[0] < 1 || rows[1] < rows[0] || rows[1] > kRowsMax) {
    return absl::InvalidArgumentError(
        absl::StrCat("cabin '", name, "': rows must be [first, last] within 1 to ", kRowsMax));
  }
  if (letters.empty() || letters.size() > kLettersMax) {
    return absl::InvalidArgumentError(
        absl::StrCat("cabin '", name, "': letters must be 1 to ", kLettersMax, " characters"));
  }
  return MakeCabin(rows[0], rows[1], letters);
}

}  // namespace

Cabin MakeCabin(int first, int last, const std::string& letters) {
  Cabin cabin;
  for (int row = first; row <= last; ++row) {
    for (size_t i = 0; i < letters.size(); ++i) {
      if (letters[i] == ' ') continue;
      cabin.push_back({absl::StrCat(row, std::string(1, letters[i])), PositionOf(letters, i)});
    }
  }
  return cabin;
}

Preference ParsePreference(const std::string& text) {
  if (text == "window") return Preference::kWindow;
  if (text == "aisle") return Preference::kAisle;
  return Preference::kNone;
}

std::optional<Choice> Choose(const Cabin& cabin, Preference preference,
                             const std::set<std::string>& taken) {
  std::optional<Choice> any;
  for (const Seat& seat : cabin) {
    if (taken.count(seat.name) > 0) continue;
    if (Meets(seat.position, preference)) return Choice{seat.name, true};
    if (!any) any = Choice{seat.name, false};
  }
  return any;
}

absl::StatusOr<SeatMap> SeatMap::Parse(const std::string& yaml) try {
  SeatMap map;
  const YAML::Node root = YAML::Load(yaml);
  for (const auto& aircraft : root["aircraft"]) {
    const auto name = aircraft.first.as<std::string>();
    for (const auto& cabin : aircraft.second) {
      const auto cabin_name = cabin.first.as<std::string>();
      ASSIGN_OR_RETURN(map.aircraft_[name][cabin_name], ReadCabin(cabin_name, cabin.second));
    }
  }
  for (const auto& flight : root["flights"]) {
    map.flights_[flight.first.as<std::string>()] = flight.second.as<std::string>();
  }
  if (root["default"]) map.default_aircraft_ = root["default"].as<std::string>();
  for (const auto& [flight, aircraft] : map.flights_) {
    if (map.aircraft_.count(aircraft) == 0) {
      return absl::InvalidArgumentError(
          absl::StrCat("flight '", flight, "' flies unknown aircraft '", aircraft, "'"));
    }
  }
  return map;
} catch (const YAML::Exception& error) {
  return absl::InvalidArgumentError(absl::StrCat("seat map: ", error.what()));
}

absl::StatusOr<SeatMap> SeatMap::Load(const std::string& path) {
  ASSIGN_OR_RETURN(const std::string yaml, plugins::ReadFile(path));
  return Parse(yaml);
}

SeatMap SeatMap::Default() { return *Parse(kDefaultYaml); }

const Cabin* SeatMap::Find(const std::string& flight, const std::string& cabin) const {
  const auto flown = flights_.find(flight);
  const auto aircraft = aircraft_.find(flown != flights_.end() ? flown->second : default_aircraft_);
  if (aircraft == aircraft_.end()) return nullptr;
  const auto found = aircraft->second.find(cabin);
  return found != aircraft->second.end() ? &found->second : nullptr;
}

}  // namespace pavane::seat
