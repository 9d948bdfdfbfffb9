#include "admin/dead_letter_filter.h"

#include <cstdint>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

#include "event/timestamp.h"

namespace pavane::admin {
namespace {

bool Is(const std::string& wanted, const std::string& value) {
  return wanted.empty() || wanted == value;
}

}  // namespace

bool Selects(const pavane::admin::v1::DeadLetterFilter& filter,
             const store::DeadLetterRecord& letter) {
  if (filter.reason() != pavane::admin::v1::FAILURE_REASON_UNSPECIFIED &&
      static_cast<int>(filter.reason()) != static_cast<int>(letter.reason)) {
    return false;
  }
  if (filter.has_since() && letter.dead_us < event::ToMicros(filter.since())) return false;
  if (filter.has_until() && letter.dead_us >= event::ToMicros(filter.until())) return false;
  return Is(filter.bus(), letter.bus) && Is(filter.rule(), letter.rule) &&
         Is(filter.target(), letter.target) && Is(filter.error_code(), letter.error_code) &&
         Is(filter.event_type(), letter.event_type) &&
         Is(filter.correlation_id(), letter.correlation_id) &&
         Is(filter.target_address(), letter.target_address);
}

std::optional<TargetId> TargetOf(const pavane::admin::v1::DeadLetterFilter& filter,
                                 const store::Catalog& catalog) {
  if (filter.bus().empty() || filter.rule().empty() || filter.target().empty()) {
    return std::nullopt;
  }
  const store::BusEntryPtr bus = catalog.FindBus(filter.bus());
  if (bus == nullptr) return std::nullopt;
  const store::RuleEntryPtr rule = catalog.FindRule(bus->id, filter.rule());
  if (rule == nullptr) return std::nullopt;
  for (int i = 0; i < rule->rule.targets_size(); ++i) {
    if (rule->rule.targets(i).id() == filter.target()) return rule->target_ids[i];
  }
  return std::nullopt;
}

std::string EncodeDeadLetterId(store::Log::DeadLetterKey key) {
  return absl::StrCat(key.target.value(), "-", key.id);
}

absl::StatusOr<store::Log::DeadLetterKey> DecodeDeadLetterId(absl::string_view id) {
  const std::vector<absl::string_view> parts = absl::StrSplit(id, '-');
  uint64_t target = 0;
  store::Log::DeadLetterKey key;
  if (parts.size() != 2 || !absl::SimpleAtoi(parts[0], &target) ||
      !absl::SimpleAtoi(parts[1], &key.id)) {
    return absl::NotFoundError(absl::StrCat("no dead letter '", id.substr(0, 64), "'"));
  }
  key.target = TargetId(target);
  return key;
}

}  // namespace pavane::admin
