#ifndef PAVANE_ADMIN_SCHEDULED_ADMIN_H_
#define PAVANE_ADMIN_SCHEDULED_ADMIN_H_

#include <functional>

#include "absl/status/statusor.h"

#include "ingress/gate.h"
#include "ingress/rule_book.h"
#include "pavane/admin/v1/event.pb.h"
#include "store/log.h"
#include "store/writer.h"

namespace pavane::admin {

/// The events that wait for their time: listed and cancelled. Reads touch the disk and look at all
/// that wait, which are bounded, so they are not for threads that must not block.
class ScheduledAdmin {
 public:
  template <typename Response>
  using Callback = std::function<void(absl::StatusOr<Response>)>;

  /// The references outlive the object.
  ScheduledAdmin(const ingress::RuleBook& rules, const ingress::Gate& gate, const store::Log& log,
                 store::Writer& writer)
      : rules_(rules), gate_(gate), log_(log), writer_(writer) {}

  absl::StatusOr<pavane::admin::v1::ListScheduledEventsResponse> List(
      const pavane::admin::v1::ListScheduledEventsRequest& request) const;
  /// Reads on the caller's thread, answers from the writer's.
  void Cancel(const pavane::admin::v1::CancelScheduledEventsRequest& request,
              Callback<pavane::admin::v1::CancelScheduledEventsResponse> callback);

 private:
  const ingress::RuleBook& rules_;
  const ingress::Gate& gate_;
  const store::Log& log_;
  store::Writer& writer_;
};

}  // namespace pavane::admin

#endif  // PAVANE_ADMIN_SCHEDULED_ADMIN_H_
