#include "rules/explain_elements.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace pavane::rules {
namespace {

// Elements that values are followed out of; beyond it the words stay general.
constexpr size_t kStepsMax = 100'000;
// Fields that the words name.
constexpr size_t kNamesMax = 5;

using FieldSet = std::vector<uint32_t>;  // sorted

std::string Names(const Pattern& pattern, const FieldSet& fields) {
  std::vector<std::string> names;
  for (const uint32_t field : fields) names.push_back(Printable(pattern.fields()[field].path));
  const size_t more = names.size() > kNamesMax ? names.size() - kNamesMax : 0;
  names.resize(names.size() - more);
  return absl::StrCat(absl::StrJoin(names, ", "),
                      more == 0 ? "" : absl::StrCat(" and ", more, " more"));
}

// An array, the fields with all of their passing values in it, and which of them each element has.
struct Array {
  FieldSet tied;
  std::map<uint32_t, FieldSet> elements;
};

class Arrays {
 public:
  explicit Arrays(const FlatEvent& event) : event_(event) {}

  /// False when it takes too long.
  bool Add(uint32_t field, const std::vector<uint32_t>& passing) {
    std::map<uint32_t, size_t> values_in;  // per array
    for (uint32_t element : passing) {
      for (; element != 0; element = event_.elements()[element].parent) {
        if (++steps_ > kStepsMax) return false;
        const uint32_t array = event_.elements()[element].array;
        ++values_in[array];
        FieldSet& has = arrays_[array].elements[element];
        if (has.empty() || has.back() != field) has.push_back(field);
      }
    }
    for (const auto& [array, values] : values_in) {
      if (values == passing.size()) arrays_[array].tied.push_back(field);
    }
    return true;
  }

  /// The first array in whose elements its tied fields never come together.
  const Array* Apart(uint32_t* number) const {
    for (const auto& [array, content] : arrays_) {
      if (content.tied.size() < 2) continue;
      const bool together =
          std::any_of(content.elements.begin(), content.elements.end(),
                      [&content = content](const auto& entry) {
                        return Of(content.tied, entry.second).size() == content.tied.size();
                      });
      if (together) continue;
      *number = array;
      return &content;
    }
    return nullptr;
  }

  static FieldSet Of(const FieldSet& tied, const FieldSet& has) {
    FieldSet both;
    std::set_intersection(tied.begin(), tied.end(), has.begin(), has.end(),
                          std::back_inserter(both));
    return both;
  }

 private:
  const FlatEvent& event_;
  size_t steps_ = 0;
  std::map<uint32_t, Array> arrays_;
};

}  // namespace

ElementsMiss ExplainElements(const Pattern& pattern, const FlatEvent& event,
                             const std::vector<JudgedField>& judged,
                             const std::vector<uint32_t>& fields) {
  FieldSet sorted = fields;
  std::sort(sorted.begin(), sorted.end());
  Arrays arrays(event);
  bool in_time = true;
  for (const uint32_t field : sorted)
    in_time = in_time && arrays.Add(field, judged[field].search.passing);
  uint32_t number = 0;
  const Array* apart = in_time ? arrays.Apart(&number) : nullptr;
  if (apart == nullptr) {
    return {
        "",
        {Miss::kElements, absl::StrCat("array elements differ: no choice of one element of each "
                                       "array passes all of ",
                                       Names(pattern, sorted))}};
  }
  const auto nearest = std::max_element(
      apart->elements.begin(), apart->elements.end(), [&](const auto& a, const auto& b) {
        return Arrays::Of(apart->tied, a.second).size() < Arrays::Of(apart->tied, b.second).size();
      });
  const FieldSet has = Arrays::Of(apart->tied, nearest->second);
  FieldSet lacks;
  std::set_difference(apart->tied.begin(), apart->tied.end(), has.begin(), has.end(),
                      std::back_inserter(lacks));
  return {std::string(event.PathOfArray(number)),
          {Miss::kElements,
           absl::StrCat("array elements differ: element ", event.IndexOf(nearest->first),
                        " passes ", Names(pattern, has), " but not ", Names(pattern, lacks),
                        ", and no element passes all")}};
}

}  // namespace pavane::rules
