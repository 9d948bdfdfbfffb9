// The seats of aircraft, by cabin, and the choice of one. Pure once loaded.
#ifndef PAVANE_PLUGINS_SEAT_SEAT_MAP_H_
#define PAVANE_PLUGINS_SEAT_SEAT_MAP_H_

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace pavane::seat {

enum class Position { kWindow, kAisle, kMiddle };
enum class Preference { kNone, kWindow, kAisle };

struct Seat {
  std::string name;  // row and letter: 12A
  Position position = Position::kMiddle;
};

// Seats in the order in which they are given away: row by row, left to right.
using Cabin = std::vector<Seat>;

struct Choice {
  std::string seat;
  bool preference_met = false;
};

// The seats of rows `first` to `last`. `letters` is one row from left to right, a space is an
// aisle: in "ABC DEF" A and F are window seats, C and D aisle seats. A seat that is both (one
// between window and aisle) counts as window.
Cabin MakeCabin(int first, int last, const std::string& letters);

// "window" and "aisle" are preferences; anything else is none.
Preference ParsePreference(const std::string& text);

// The first free seat that meets the preference, else the first free one, else nothing.
std::optional<Choice> Choose(const Cabin& cabin, Preference preference,
                             const std::set<std::string>& taken);

// Which flight flies which aircraft, and the cabins of each.
class SeatMap {
 public:
  // From YAML:
  //   aircraft:
  //     A320:
  //       business: {rows: [1, 3], letters: "AC DF"}
  //       economy: {rows: [4, 30], letters: "ABC DEF"}
  //   flights: {PV101: A320}
  //   default: A320                  # other flights; without it they have no seats
  static absl::StatusOr<SeatMap> Parse(const std::string& yaml);
  static absl::StatusOr<SeatMap> Load(const std::string& path);
  // One narrow-body for every flight.
  static SeatMap Default();

  // Nullptr when the flight is unknown or has no such cabin.
  const Cabin* Find(const std::string& flight, const std::string& cabin) const;

 private:
  std::map<std::string, std::map<std::string, Cabin>> aircraft_;
  std::map<std::string, std::string> flights_;
  std::string default_aircraft_;
};

}  // namespace pavane::seat

#endif  // PAVANE_PLUGINS_SEAT_SEAT_MAP_H_
