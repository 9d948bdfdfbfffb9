#include "rules/matcher.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_set.h"

#include "rules/flat_event.h"
#include "rules/reference_interpreter.h"

namespace pavane::rules {

class Matcher::Impl {
 public:
  std::vector<RuleEntry> rules;
  absl::flat_hash_set<std::string> paths;
  MatcherOptions options;
};

Matcher::Matcher(std::unique_ptr<const Impl> impl) : impl_(std::move(impl)) {}
Matcher::~Matcher() = default;

std::shared_ptr<const Matcher> Matcher::Build(absl::Span<const RuleEntry> rules,
                                              const MatcherOptions& options) {
  auto impl = std::make_unique<Impl>();
  impl->rules.assign(rules.begin(), rules.end());
  impl->options = options;
  for (const RuleEntry& rule : rules) {
    for (const PatternField& field : rule.pattern->fields()) impl->paths.insert(field.path);
  }
  return std::shared_ptr<const Matcher>(new Matcher(std::move(impl)));
}

absl::Status Matcher::Match(const event::EventView& event, std::vector<RuleId>* matched) const {
  matched->clear();
  const FlatEvent flat(event, impl_->paths);
  for (const RuleEntry& rule : impl_->rules) {
    const absl::StatusOr<bool> matches = Interpret(*rule.pattern, flat, impl_->options);
    if (!matches.ok()) {
      matched->clear();
      return matches.status();
    }
    if (*matches) matched->push_back(rule.id);
  }
  std::sort(matched->begin(), matched->end());
  matched->erase(std::unique(matched->begin(), matched->end()), matched->end());
  return absl::OkStatus();
}

size_t Matcher::MemoryBytes() const { return impl_->rules.size() * sizeof(RuleEntry); }

}  // namespace pavane::rules
