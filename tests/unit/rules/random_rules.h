#ifndef PAVANE_TESTS_UNIT_RULES_RANDOM_RULES_H_
#define PAVANE_TESTS_UNIT_RULES_RANDOM_RULES_H_

#include <cstdint>
#include <deque>
#include <random>
#include <string>
#include <vector>

#include "event/event_view.h"

namespace pavane::rules::testing {

/// An event made at random, in both forms that a view can have.
struct RandomEvent {
  event::EventView root;
  event::EventView members;
  std::string json;  // of the root form

  std::deque<std::string> texts;  // what the views point at, each padded
  std::vector<event::EventView::Member> member_list;
};

/// Makes patterns and events from few names and values, so that they often meet: numbers in several
/// spellings, strings that are prefixes of one another, differ in case or are addresses, repeated
/// and dotted names, arrays in arrays, escapes, white space, and brackets and quotes in strings
/// that nobody asks for. The same seed gives the same sequence.
class RandomRules {
 public:
  explicit RandomRules(uint64_t seed) : random_(seed), arrays_(OneIn(3)) {}

  /// Most, not all of them are valid.
  std::string Pattern();
  void MakeEvent(RandomEvent* event);

  /// Below `bound`.
  uint32_t Below(uint32_t bound) { return static_cast<uint32_t>(random_() % bound); }
  bool OneIn(uint32_t n) { return Below(n) == 0; }

 private:
  std::string Name();
  std::string Quoted(const std::string& text);
  std::string String();
  std::string Number();
  std::string Literal();
  std::string Space();
  std::string Test();
  std::string AnythingBut();
  std::string OneOrList(const std::vector<std::string>& values);
  std::string Field();
  std::string Object(int depth, bool root);
  std::string EventObject(int depth);
  std::string EventValue(int depth);
  std::string EventArray(int depth);
  std::string Noise(int depth);

  std::mt19937_64 random_;
  const bool arrays_;  // few names, and arrays of objects everywhere
};

}  // namespace pavane::rules::testing

#endif  // PAVANE_TESTS_UNIT_RULES_RANDOM_RULES_H_
