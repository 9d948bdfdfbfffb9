#include "event/flow.h"

#include "absl/strings/str_cat.h"

namespace pavane::event {

std::string DeriveCorrelationId(absl::string_view source, absl::string_view id) {
  if (IsUuid(id) || IsUlid(id)) return std::string(id);
  // The length keeps ("a", "bc") and ("ab", "c") apart.
  return Uuid::FromName(kPavaneUuidSpace, absl::StrCat("flow:", source.size(), ":", source, id))
      .ToString();
}

std::string DeriveEmitId(const Uuid& store_space, EventRef consumed, TargetId target,
                         size_t index) {
  return Uuid::FromName(store_space,
                        absl::StrCat("emit:", consumed.bus.value(), ":", consumed.sequence.value(),
                                     ":", target.value(), ":", index))
      .ToString();
}

}  // namespace pavane::event
