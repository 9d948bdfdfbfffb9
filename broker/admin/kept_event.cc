#include "admin/kept_event.h"

#include "absl/strings/str_cat.h"

namespace pavane::admin {

absl::StatusOr<event::StoredEventPtr> ReadKeptEvent(const store::Log& log, event::EventRef ref,
                                                    absl::string_view bus_name) {
  absl::StatusOr<event::StoredEventPtr> event = log.ReadEvent(ref);
  if (!absl::IsNotFound(event.status())) return event;
  return absl::NotFoundError(
      absl::StrCat("event ", ref.sequence.value(), " of bus '", bus_name, "' is not kept"));
}

}  // namespace pavane::admin
