#include "rules/consistency_search.h"

#include <map>
#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace pavane::rules {
namespace {

using Field = ConsistencySearch::Field;
using Outcome = ConsistencySearch::Outcome;
using Bound = std::map<uint32_t, uint32_t>;  // array to element

// The definition, word for word: walks up from each value to see what it binds.
class Oracle {
 public:
  Oracle(const std::vector<ArrayElement>& elements, const std::vector<Field>& fields)
      : elements_(elements), fields_(fields) {}

  bool Matches(size_t field, const Bound& bound) const {
    if (field == fields_.size()) return true;
    for (uint32_t element : fields_[field].passing) {
      Bound more = bound;
      if (Agrees(element, &more) && Matches(field + 1, more)) return true;
    }
    if (!fields_[field].may_be_absent) return false;
    for (uint32_t element : fields_[field].all) {
      Bound ignored = bound;
      if (Agrees(element, &ignored)) return false;
    }
    return Matches(field + 1, bound);
  }

 private:
  bool Agrees(uint32_t element, Bound* bound) const {
    for (; element != 0; element = elements_[element].parent) {
      const auto [it, added] = bound->try_emplace(elements_[element].array, element);
      if (it->second != element) return false;
    }
    return true;
  }

  const std::vector<ArrayElement>& elements_;
  const std::vector<Field>& fields_;
};

TEST(ConsistencySearch, AgreesWithItsDefinitionOnRandomForests) {
  std::mt19937 random(1);
  const auto below = [&](uint32_t n) { return static_cast<uint32_t>(random() % n); };
  int matches = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::vector<ArrayElement> elements(1);
    std::vector<uint32_t> array_parents;
    for (uint32_t count = 1 + below(4); array_parents.size() < count;) {
      const uint32_t parent = below(static_cast<uint32_t>(elements.size()));
      const uint32_t array = static_cast<uint32_t>(array_parents.size());
      array_parents.push_back(parent);
      for (uint32_t size = 1 + below(4); size > 0; --size) elements.push_back({array, parent});
    }
    std::vector<Field> fields(1 + below(4));
    for (Field& field : fields) {
      field.may_be_absent = below(3) == 0;
      for (uint32_t values = below(5); values > 0; --values) {
        const uint32_t element = below(static_cast<uint32_t>(elements.size()));
        if (field.may_be_absent) field.all.push_back(element);
        if (below(2) == 0) field.passing.push_back(element);
      }
    }
    const bool expected = Oracle(elements, fields).Matches(0, {});
    const Outcome outcome = ConsistencySearch(elements, 1'000'000).Run(fields);
    ASSERT_EQ(outcome, expected ? Outcome::kMatch : Outcome::kNoMatch) << "round " << round;
    matches += expected;
  }
  EXPECT_GT(matches, 2'000);
}

TEST(ConsistencySearch, EndsWhenItsStepsAreUsedUp) {
  // Arrays side by side: choices multiply, and nothing fits.
  std::vector<ArrayElement> elements(1);
  std::vector<Field> fields(8);
  for (uint32_t array = 0; array < 8; ++array) {
    for (int i = 0; i < 10; ++i) {
      elements.push_back({array, 0});
      fields[array].passing.push_back(static_cast<uint32_t>(elements.size() - 1));
    }
  }
  Field last;  // wants the first array's element inside another one's
  elements.push_back({8, 1});
  elements.push_back({9, 11});
  last.passing = {static_cast<uint32_t>(elements.size() - 2)};
  Field other;
  other.may_be_absent = true;
  other.all = fields[0].passing;  // one of them is always chosen, so it is never absent
  fields.push_back(last);
  fields.push_back(other);
  ConsistencySearch search(elements, 10'000);
  EXPECT_EQ(search.Run(fields), Outcome::kTooComplex);
  EXPECT_LE(search.steps(), 10'001u);
}

TEST(ConsistencySearch, SpendsNothingOnAFieldThatIsNeverAbsent) {
  const std::vector<ArrayElement> elements = {{}, {0, 0}, {0, 0}, {1, 0}, {1, 0}};
  std::vector<ConsistencySearch::Field> fields(3);
  fields[0].passing = {1, 2};
  fields[1].passing = {3, 4};
  fields[2].may_be_absent = true;
  fields[2].all = {0};
  ConsistencySearch search(elements, 0);
  EXPECT_EQ(search.Run(fields), ConsistencySearch::Outcome::kNoMatch);
  EXPECT_EQ(search.steps(), 0u);
}

}  // namespace
}  // namespace pavane::rules
