#ifndef PAVANE_ADMIN_SYSTEM_ADMIN_H_
#define PAVANE_ADMIN_SYSTEM_ADMIN_H_

#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "admin/contracts.h"
#include "base/clock.h"
#include "delivery/dispatcher.h"
#include "ingress/rule_book.h"
#include "pavane/admin/v1/service.pb.h"
#include "pavane/admin/v1/system.pb.h"
#include "store/log.h"

namespace pavane::admin {

/// The broker's state as people see it: what pavane.admin.v1.SystemAdmin and ServiceAdmin do. Calls
/// wait for the delivery loop, so they are not for threads that must not block.
class SystemAdmin {
 public:
  struct About {
    std::string version;
    std::string durability;
    absl::Time started_at;
    std::function<absl::Status()> readiness;
    std::function<std::vector<pavane::admin::v1::PluginStats>()> plugins;
    /// Events still to be looked at for a target's start position; may be empty.
    std::function<uint64_t(TargetId)> past_events_left;
  };

  /// The references outlive the object.
  SystemAdmin(About about, Clock& clock, const ingress::RuleBook& rules,
              const delivery::Dispatcher& dispatcher, const store::Log& log,
              const Contracts& contracts);

  absl::StatusOr<pavane::admin::v1::GetStatsResponse> GetStats() const;
  absl::StatusOr<pavane::admin::v1::ListTargetStatsResponse> ListTargetStats(
      const pavane::admin::v1::ListTargetStatsRequest& request) const;
  absl::StatusOr<pavane::admin::v1::ListServicesResponse> ListServices(
      const pavane::admin::v1::ListServicesRequest& request) const;

 private:
  pavane::admin::v1::TargetStats Show(const delivery::TargetStats& stats) const;
  pavane::admin::v1::Service Show(const delivery::ServiceStats& stats) const;

  const About about_;
  Clock& clock_;
  const ingress::RuleBook& rules_;
  const delivery::Dispatcher& dispatcher_;
  const store::Log& log_;
  const Contracts& contracts_;
};

}  // namespace pavane::admin

#endif  // PAVANE_ADMIN_SYSTEM_ADMIN_H_
