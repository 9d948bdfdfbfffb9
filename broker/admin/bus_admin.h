#ifndef PAVANE_ADMIN_BUS_ADMIN_H_
#define PAVANE_ADMIN_BUS_ADMIN_H_

#include <functional>

#include "absl/status/statusor.h"

#include "admin/catalog_editor.h"
#include "pavane/admin/v1/bus.pb.h"
#include "store/log.h"

namespace pavane::admin {

/// Buses: what pavane.admin.v1.BusAdmin does. Reads answer at once; changes answer by callback from
/// the writer thread. Any thread.
class BusAdmin {
 public:
  template <typename Response>
  using Callback = std::function<void(absl::StatusOr<Response>)>;

  /// The references outlive the object.
  BusAdmin(CatalogEditor& editor, const store::Log& log) : editor_(editor), log_(log) {}

  void Put(const pavane::admin::v1::PutBusRequest& request,
           Callback<pavane::admin::v1::PutBusResponse> callback);
  void Delete(const pavane::admin::v1::DeleteBusRequest& request,
              Callback<pavane::admin::v1::DeleteBusResponse> callback);
  absl::StatusOr<pavane::admin::v1::GetBusResponse> Get(
      const pavane::admin::v1::GetBusRequest& request) const;
  absl::StatusOr<pavane::admin::v1::ListBusesResponse> List(
      const pavane::admin::v1::ListBusesRequest& request) const;

  /// At start: makes `default` if there is none and tells the writer the de-duplication of every
  /// bus. Answers when that is durable.
  void Start(std::function<void(const absl::Status&)> done);

 private:
  pavane::admin::v1::Bus Show(const store::BusEntry& entry) const;

  CatalogEditor& editor_;
  const store::Log& log_;
};

}  // namespace pavane::admin

#endif  // PAVANE_ADMIN_BUS_ADMIN_H_
