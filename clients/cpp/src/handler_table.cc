#include "clients/cpp/src/handler_table.h"

#include <cstdio>
#include <utility>

#include "clients/cpp/src/durations.h"
#include "clients/cpp/src/errors.h"
#include "clients/cpp/src/utf8.h"

namespace pavane {
inline namespace client {
namespace internal {
namespace {

constexpr size_t kNameBytesMax = 128;

bool IsNameCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '_' || c == '-';
}

bool IsName(std::string_view name) {
  if (name.empty() || name.size() > kNameBytesMax) return false;
  for (const char c : name) {
    if (!IsNameCharacter(c)) return false;
  }
  return true;
}

// An event type as a rule's name: characters that names do not have become '_'.
std::string NameFromType(std::string_view type) {
  std::string name(type.substr(0, kNameBytesMax));
  for (char& c : name) {
    if (!IsNameCharacter(c)) c = '_';
  }
  return name;
}

std::string QuoteJson(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      quoted.append("\\").push_back(c);
    } else if (static_cast<unsigned char>(c) < 0x20) {
      char escape[8];
      std::snprintf(escape, sizeof(escape), "\\u%04x", static_cast<unsigned>(c));
      quoted.append(escape);
    } else {
      quoted.push_back(c);
    }
  }
  return quoted + "\"";
}

void SetRetryPolicy(const RetryPolicy& retry, pavane::v1::ServiceRule& rule) {
  pavane::v1::RetryPolicy policy;
  if (retry.retries_max) policy.set_retries_max(*retry.retries_max);
  if (retry.age_max) *policy.mutable_age_max() = ToMessage(*retry.age_max);
  if (retry.backoff_initial) *policy.mutable_backoff_initial() = ToMessage(*retry.backoff_initial);
  if (retry.backoff_factor) policy.set_backoff_factor(*retry.backoff_factor);
  if (retry.backoff_max) *policy.mutable_backoff_max() = ToMessage(*retry.backoff_max);
  for (const std::string& code : retry.non_retryable_codes) policy.add_non_retryable_codes(code);
  if (policy.ByteSizeLong() > 0) *rule.mutable_retry_policy() = std::move(policy);
}

pavane::v1::ServiceRule MakeRule(const RuleOptions& options) {
  pavane::v1::ServiceRule rule;
  rule.set_name(options.name);
  rule.set_pattern(options.pattern);
  rule.set_bus(options.bus);
  rule.set_description(options.description);
  rule.set_lifetime(options.ephemeral ? pavane::v1::ServiceRule::EPHEMERAL
                                      : pavane::v1::ServiceRule::DURABLE);
  SetRetryPolicy(options.retry, rule);
  if (options.dead_letters_disabled) rule.mutable_dead_letter_policy()->set_disabled(true);
  if (options.lease) *rule.mutable_lease_policy()->mutable_lease() = ToMessage(*options.lease);
  if (options.in_flight_max > 0) {
    rule.mutable_lease_policy()->set_in_flight_max(options.in_flight_max);
  }
  return rule;
}

}  // namespace

void HandlerTable::Add(std::string_view type, RuleOptions rule, Handler handler) {
  if (rule.name.empty()) rule.name = NameFromType(type);
  if (rule.pattern.empty() && !type.empty()) {
    rule.pattern = "{\"detail-type\":[" + QuoteJson(type) + "]}";
  }
  entries_.push_back({std::string(type), std::move(rule), std::move(handler)});
}

void HandlerTable::AddAny(Handler handler) { any_ = std::move(handler); }

Error HandlerTable::Seal(const std::string& service) {
  if (!IsName(service)) {
    return MakeError(kInvalidArgument,
                     "ServiceOptions::name '" + service +
                         "': letters, digits, '.', '_' and '-' are needed, at most 128");
  }
  for (size_t i = 0; i < entries_.size(); ++i) {
    const Entry& entry = entries_[i];
    if (!IsName(entry.rule.name)) {
      return MakeError(kInvalidArgument, "rule name '" + entry.rule.name +
                                             "': letters, digits, '.', '_' and '-' are needed");
    }
    if (!IsUtf8(entry.rule.pattern) || !IsUtf8(entry.rule.description) || !IsUtf8(entry.rule.bus)) {
      return MakeError(kInvalidArgument, "rule '" + entry.rule.name + "' is not valid UTF-8");
    }
    if (entry.rule.pattern.empty()) {
      return MakeError(kInvalidArgument, "rule '" + entry.rule.name + "' has no pattern");
    }
    if (!entry.handler) {
      return MakeError(kInvalidArgument, "rule '" + entry.rule.name + "' has no handler");
    }
    if (!by_rule_.emplace(service + "/" + entry.rule.name, i).second) {
      return MakeError(kInvalidArgument, "two rules are named '" + entry.rule.name +
                                             "': give one another RuleOptions::name");
    }
    if (!entry.type.empty()) by_type_.emplace(entry.type, i);
  }
  return {};
}

const Handler* HandlerTable::Find(const Delivery& delivery) const {
  if (const auto it = by_rule_.find(delivery.rule()); it != by_rule_.end()) {
    return &entries_[it->second].handler;
  }
  if (const auto it = by_type_.find(delivery.event().type()); it != by_type_.end()) {
    return &entries_[it->second].handler;
  }
  return any_ ? &any_ : nullptr;
}

std::optional<std::chrono::milliseconds> HandlerTable::Lease(std::string_view rule) const {
  const auto it = by_rule_.find(rule);
  if (it == by_rule_.end()) return std::nullopt;
  return entries_[it->second].rule.lease;
}

std::optional<pavane::v1::RuleSet> HandlerTable::MakeRuleSet(uint64_t version) const {
  pavane::v1::RuleSet set;
  set.set_version(version);
  for (const Entry& entry : entries_) {
    if (!entry.rule.ephemeral) *set.add_rules() = MakeRule(entry.rule);
  }
  if (set.rules_size() == 0) return std::nullopt;
  return set;
}

std::vector<pavane::v1::ServiceRule> HandlerTable::MakeSessionRules() const {
  std::vector<pavane::v1::ServiceRule> rules;
  for (const Entry& entry : entries_) {
    if (entry.rule.ephemeral) rules.push_back(MakeRule(entry.rule));
  }
  return rules;
}

std::vector<std::string> HandlerTable::Types() const {
  std::vector<std::string> types;
  for (const auto& [type, index] : by_type_) types.push_back(type);
  return types;
}

}  // namespace internal
}  // namespace client
}  // namespace pavane
