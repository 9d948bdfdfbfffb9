#include "admin/bus_admin.h"

#include <algorithm>
#include <limits>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"

#include "admin/names.h"
#include "admin/page_token.h"
#include "admin/unknown_fields.h"
#include "base/status_macros.h"
#include "event/reason.h"

namespace pavane::admin {
namespace {

using pavane::admin::v1::Bus;
using pavane::admin::v1::DeleteBusResponse;
using pavane::admin::v1::PutBusResponse;

// Whole blocks go, and one may have some MiB: less would be no limit.
constexpr uint64_t kRetentionBytesMin = 1 << 20;
constexpr size_t kAll = std::numeric_limits<size_t>::max();

absl::Status InvalidSetting(absl::string_view why) {
  return event::Invalid(pavane::v1::INVALID_POLICY, why);
}

absl::Status CheckBus(const Bus& bus) {
  RETURN_IF_ERROR(CheckBusName(bus.name()));
  RETURN_IF_ERROR(CheckDescription(bus.description()));
  constexpr int64_t kYearSeconds = 366LL * 24 * 3600;
  if (bus.has_retention() &&
      (bus.retention().seconds() < 1 || bus.retention().seconds() > 10 * kYearSeconds)) {
    return InvalidSetting("retention: from 1 second to 10 years");
  }
  if (bus.has_dedup_window() &&
      (bus.dedup_window().seconds() < 0 || bus.dedup_window().nanos() < 0 ||
       bus.dedup_window().seconds() > 24 * 3600)) {
    return InvalidSetting("dedup_window: from 0 (off) to 24 hours");
  }
  if (bus.dedup_ids_max() > 10'000'000) {
    return InvalidSetting("dedup_ids_max: at most 10,000,000");
  }
  if (bus.retention_bytes_max() > 0 && bus.retention_bytes_max() < kRetentionBytesMin) {
    return InvalidSetting("retention_bytes_max: at least 1 MiB, or 0 for no limit");
  }
  return absl::OkStatus();
}

void ClearOutputOnly(Bus& bus) {
  bus.clear_created_at();
  bus.clear_last_sequence();
  bus.clear_first_sequence();
  bus.clear_rules();
}

// Writer thread: puts the bus; true if it is new.
absl::StatusOr<bool> PlanPut(CatalogEdit& edit, const Bus& wanted) {
  const store::BusEntryPtr existing = edit.catalog().FindBus(wanted.name());
  store::BusEntry entry;
  entry.bus = wanted;
  ClearOutputOnly(entry.bus);
  if (existing != nullptr) {
    entry.id = existing->id;
    *entry.bus.mutable_created_at() = existing->bus.created_at();
  } else {
    ASSIGN_OR_RETURN(entry.id, edit.NewBusId());
    *entry.bus.mutable_created_at() = edit.now();
  }
  edit.PutBus(entry);
  return existing == nullptr;
}

absl::Status PlanDelete(CatalogEdit& edit, const std::string& name, bool discard) {
  const store::BusEntryPtr bus = edit.catalog().FindBus(name);
  if (bus == nullptr) return ingress::UnknownBus(name);
  for (const store::RuleEntryPtr& rule : edit.catalog().Rules(bus->id, "", kAll)) {
    for (const TargetId target : rule->target_ids) {
      RETURN_IF_ERROR(edit.GiveUp(
          target, discard, absl::StrCat("bus '", name, "', rule '", rule->rule.name(), "',")));
    }
    edit.EraseRule(rule->id);
  }
  edit.EraseBus(bus->id);
  return absl::OkStatus();
}

}  // namespace

void BusAdmin::Put(const pavane::admin::v1::PutBusRequest& request,
                   Callback<PutBusResponse> callback) {
  if (absl::Status unknown = RefuseUnknownFields(request); !unknown.ok()) return callback(unknown);
  if (absl::Status status = CheckBus(request.bus()); !status.ok()) return callback(status);
  auto created = std::make_shared<bool>(false);
  editor_.Submit(
      {},
      [bus = request.bus(), created](CatalogEdit& edit) -> absl::Status {
        ASSIGN_OR_RETURN(*created, PlanPut(edit, bus));
        return absl::OkStatus();
      },
      [this, name = request.bus().name(), created, callback = std::move(callback)](
          const absl::Status& status, uint64_t) {
        if (!status.ok()) return callback(status);
        if (editor_.metrics() != nullptr) editor_.metrics()->TouchBus(name);
        PutBusResponse response;
        response.set_created(*created);
        const store::BusEntryPtr bus = editor_.rules().snapshot()->catalog().FindBus(name);
        if (bus != nullptr) *response.mutable_bus() = Show(*bus);
        callback(std::move(response));
      });
}

void BusAdmin::Delete(const pavane::admin::v1::DeleteBusRequest& request,
                      Callback<DeleteBusResponse> callback) {
  if (request.name() == ingress::kDefaultBus) {
    return callback(absl::FailedPreconditionError("the bus 'default' cannot be deleted"));
  }
  editor_.Submit(
      {},
      [name = request.name(), discard = request.discard()](CatalogEdit& edit) {
        return PlanDelete(edit, name, discard);
      },
      [callback = std::move(callback)](const absl::Status& status, uint64_t discarded) {
        if (!status.ok()) return callback(status);
        DeleteBusResponse response;
        response.set_discarded_deliveries(discarded);
        callback(std::move(response));
      });
}

Bus BusAdmin::Show(const store::BusEntry& entry) const {
  Bus bus = entry.bus;
  const auto [first, last] = log_.EventRange(entry.id);
  bus.set_first_sequence(first.value());
  bus.set_last_sequence(last.value());
  const auto catalog = editor_.rules().snapshot()->catalog_ptr();
  bus.set_rules(static_cast<uint32_t>(catalog->Rules(entry.id, "", kAll).size()));
  return bus;
}

absl::StatusOr<pavane::admin::v1::GetBusResponse> BusAdmin::Get(
    const pavane::admin::v1::GetBusRequest& request) const {
  const absl::string_view name = ingress::BusNameOrDefault(request.name());
  const store::BusEntryPtr bus = editor_.rules().snapshot()->catalog().FindBus(name);
  if (bus == nullptr) return ingress::UnknownBus(name);
  pavane::admin::v1::GetBusResponse response;
  *response.mutable_bus() = Show(*bus);
  return response;
}

absl::StatusOr<pavane::admin::v1::ListBusesResponse> BusAdmin::List(
    const pavane::admin::v1::ListBusesRequest& request) const {
  ASSIGN_OR_RETURN(const size_t page_size, PageSize(request.page_size()));
  ASSIGN_OR_RETURN(const auto token, DecodePageToken(request.page_token(), 1));
  const std::vector<store::BusEntryPtr> buses = editor_.rules().snapshot()->catalog().Buses();
  pavane::admin::v1::ListBusesResponse response;
  for (const store::BusEntryPtr& bus : buses) {
    if (!token.empty() && bus->bus.name() < token[0]) continue;
    if (size_t(response.buses_size()) == page_size) {
      response.set_next_page_token(EncodePageToken({bus->bus.name()}));
      break;
    }
    *response.add_buses() = Show(*bus);
  }
  return response;
}

void BusAdmin::Start(std::function<void(const absl::Status&)> done) {
  editor_.Submit(
      {},
      [](CatalogEdit& edit) -> absl::Status {
        for (const store::BusEntryPtr& bus : edit.catalog().Buses()) edit.SetDedup(bus->id);
        if (edit.catalog().FindBus(ingress::kDefaultBus) == nullptr) {
          store::BusEntry entry;
          ASSIGN_OR_RETURN(entry.id, edit.NewBusId());
          entry.bus.set_name(std::string(ingress::kDefaultBus));
          *entry.bus.mutable_created_at() = edit.now();
          edit.PutBus(entry);
        }
        return absl::OkStatus();
      },
      [done = std::move(done)](const absl::Status& status, uint64_t) { done(status); });
}

}  // namespace pavane::admin
