#ifndef PAVANE_EVENT_EVENT_VIEW_H_
#define PAVANE_EVENT_EVENT_VIEW_H_

#include <cstdint>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace pavane::event {

/// What rules see of an event: its EventBridge view, as top-level members.
///
/// A view is a small value that owns nothing: whoever builds it keeps the members, the texts and
/// their padding alive and unchanged while a matcher reads it. It has one of two forms:
///
///  * members: attributes as typed scalars (plain text, no JSON escaping), subtrees such as
///    `detail`, `resources` or `ce` as JSON text. This is what the broker builds for every event,
///    so no envelope text is ever put together;
///  * root: the whole event as the text of one JSON object (conformance, TestPattern, explain).
///
/// Every JSON text in a view has passed event::ValidateJson (strict JSON, UTF-8, nesting of at
/// most 1,000) and is followed by at least event::kJsonPadding readable bytes, whose content does
/// not matter: readers load whole registers and may look past the end.
class EventView {
 public:
  struct Member {
    enum Kind : uint8_t { kString, kInteger, kBoolean, kJson };

    static Member String(absl::string_view name, absl::string_view text) {
      return Member{name, kString, false, text, 0};
    }
    static Member Integer(absl::string_view name, int64_t integer) {
      return Member{name, kInteger, false, {}, integer};
    }
    static Member Boolean(absl::string_view name, bool boolean) {
      return Member{name, kBoolean, boolean, {}, 0};
    }
    /// `json` is validated and padded, see above.
    static Member Json(absl::string_view name, absl::string_view json) {
      return Member{name, kJson, false, json, 0};
    }

    absl::string_view name;  // plain UTF-8; a dot in it parts steps, as in JSON names
    Kind kind = kString;
    bool boolean = false;    // kBoolean
    absl::string_view text;  // kString: plain UTF-8; kJson: JSON text
    int64_t integer = 0;     // kInteger
  };

  /// An event without any member.
  EventView() = default;

  /// `distinct_paths`: no JSON text in `members` has a repeated or a dotted name (what
  /// event::ValidateJson reports as JsonShape::distinct_paths, for all of them) and no two members
  /// have the same name. Then a matcher may stop reading when it has seen all that it looks for.
  /// False is always correct.
  explicit EventView(absl::Span<const Member> members, bool distinct_paths = false)
      : members_(members), distinct_paths_(distinct_paths) {}

  /// `root` is a validated and padded JSON object.
  static EventView FromJson(absl::string_view root, bool distinct_paths = false) {
    EventView view;
    view.root_json_ = root;
    view.distinct_paths_ = distinct_paths;
    return view;
  }

  absl::Span<const Member> members() const { return members_; }
  /// Empty unless the view was made by FromJson.
  absl::string_view root_json() const { return root_json_; }
  bool distinct_paths() const { return distinct_paths_; }

 private:
  absl::Span<const Member> members_;
  absl::string_view root_json_;
  bool distinct_paths_ = false;
};

}  // namespace pavane::event

#endif  // PAVANE_EVENT_EVENT_VIEW_H_
