#include "rules/rule_set.h"

#include <algorithm>
#include <utility>

#include "base/status_macros.h"

namespace pavane::rules {
namespace {

// Changes a snapshot may carry before its base should be rebuilt: more make each further change
// slower, since it rebuilds the overlay.
constexpr size_t kChangesMax = 256;
// Rules of a set that is built anew with each change: a rule takes some 5 us.
constexpr size_t kSmallSet = 200;

}  // namespace

std::shared_ptr<const RuleSet> RuleSet::Build(absl::Span<const RuleEntry> rules,
                                              const MatcherOptions& options) {
  return BuildSet(rules, options);
}

std::shared_ptr<RuleSet> RuleSet::BuildSet(absl::Span<const RuleEntry> rules,
                                           const MatcherOptions& options) {
  std::shared_ptr<RuleSet> set(new RuleSet);
  auto patterns = std::make_shared<Patterns>();
  patterns->reserve(rules.size());
  for (const RuleEntry& rule : rules) patterns->emplace(rule.id, rule.pattern);
  set->options_ = options;
  set->base_patterns_ = std::move(patterns);
  set->base_ = Matcher::Build(rules, options);
  set->overlay_ = Matcher::Build({}, options);
  set->size_ = rules.size();
  return set;
}

std::shared_ptr<const RuleSet> RuleSet::With(absl::Span<const RuleEntry> put,
                                             absl::Span<const RuleId> removed) const {
  Changes changes = changes_;
  for (RuleId id : removed) changes[id] = nullptr;
  for (const RuleEntry& rule : put) changes[rule.id] = rule.pattern;
  // Whatever the changes remove, there are at most so many rules.
  if (base_patterns_->size() + changes.size() <= kSmallSet) {
    return Build(AllRules(changes), options_);
  }
  return WithChanges(std::move(changes));
}

std::vector<RuleEntry> RuleSet::AllRules(const Changes& changes) const {
  std::vector<RuleEntry> rules;
  rules.reserve(base_patterns_->size() + changes.size());
  for (const auto& [id, pattern] : *base_patterns_) {
    if (!changes.contains(id)) rules.push_back({id, pattern});
  }
  for (const auto& [id, pattern] : changes) {
    if (pattern != nullptr) rules.push_back({id, pattern});
  }
  return rules;
}

std::shared_ptr<const RuleSet> RuleSet::WithChanges(Changes changes) const {
  std::shared_ptr<RuleSet> set(new RuleSet);
  set->options_ = options_;
  set->base_patterns_ = base_patterns_;
  set->base_ = base_;
  set->size_ = base_patterns_->size();
  std::vector<RuleEntry> put;
  for (const auto& [id, pattern] : changes) {
    if (base_patterns_->contains(id)) {
      set->replaced_.insert(id);
      --set->size_;
    }
    if (pattern == nullptr) continue;
    put.push_back({id, pattern});
    ++set->size_;
  }
  set->changes_ = std::move(changes);
  set->overlay_ = Matcher::Build(put, options_, base_);
  return set;
}

absl::Status RuleSet::Match(const event::EventView& event, std::vector<RuleId>* matched) const {
  if (changes_.empty()) return base_->Match(event, matched);
  RETURN_IF_ERROR(base_->Match(event, matched, replaced_.empty() ? nullptr : &replaced_));
  static thread_local std::vector<RuleId> put;
  absl::Status status = overlay_->MatchAfterBase(event, &put);
  if (!status.ok()) {
    matched->clear();
    return status;
  }
  if (put.empty()) return absl::OkStatus();
  const size_t middle = matched->size();
  matched->insert(matched->end(), put.begin(), put.end());
  std::inplace_merge(matched->begin(), matched->begin() + middle, matched->end());
  return absl::OkStatus();
}

bool RuleSet::NeedsRebuild() const { return changes_.size() > kChangesMax; }

std::shared_ptr<const RuleSet> RuleSet::Rebuilt() const {
  const std::vector<RuleEntry> rules = AllRules(changes_);
  std::shared_ptr<RuleSet> set = BuildSet(rules, options_);
  set->rebuilt_from_ = base_;
  return set;
}

std::shared_ptr<const RuleSet> RuleSet::Rebased(const RuleSet& rebuilt) const {
  if (rebuilt.rebuilt_from_.lock() != base_) return nullptr;
  // Only what changed since the old base can differ from the new one: the new base holds these
  // rules as they were at some time in between.
  Changes changes;
  for (const auto& [id, pattern] : changes_) {
    const auto it = rebuilt.base_patterns_->find(id);
    const bool same =
        it == rebuilt.base_patterns_->end() ? pattern == nullptr : it->second == pattern;
    if (!same) changes.emplace(id, pattern);
  }
  return rebuilt.WithChanges(std::move(changes));
}

}  // namespace pavane::rules
