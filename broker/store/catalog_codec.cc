// Catalog entries as bytes: kCatalogEntryVersion, then a message of records.proto.
#include "store/catalog_codec.h"

#include <algorithm>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"

#include "base/check.h"
#include "base/status_macros.h"
#include "store/catalog.h"
#include "store/records.pb.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace pavane::store {
namespace {

constexpr char kCatalogEntryVersion = 1;

template <typename Message>
std::string Encode(const Message& message) {
  std::string bytes(1, kCatalogEntryVersion);
  CHECK(message.AppendToString(&bytes)) << "a catalog entry is below protobuf's 2 GiB";
  return bytes;
}

template <typename Message>
absl::StatusOr<Message> Decode(absl::string_view bytes, absl::string_view what) {
  if (bytes.empty()) return absl::DataLossError(absl::StrCat("empty catalog entry of a ", what));
  if (bytes.front() != kCatalogEntryVersion) {
    return absl::FailedPreconditionError(absl::StrCat("catalog entry of a ", what, " has format ",
                                                      static_cast<unsigned char>(bytes.front()),
                                                      ", this broker knows format 1"));
  }
  bytes.remove_prefix(1);
  Message message;
  if (!message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return absl::DataLossError(absl::StrCat("catalog entry of a ", what, " does not decode"));
  }
  return message;
}

template <typename Id>
void Raise(Id& next, uint64_t given) {
  next = std::max(next, Id(given + 1));
}

}  // namespace

uint64_t RuleSetId(absl::string_view service) {
  return XXH3_64bits(service.data(), service.size());
}

CatalogChange EncodeBus(const BusEntry& entry) {
  v1::BusRecord record;
  record.set_id(entry.id.value());
  *record.mutable_bus() = entry.bus;
  return {CatalogChange::Kind::kBus, entry.id.value(), false, Encode(record)};
}

CatalogChange EncodeRule(const RuleEntry& entry) {
  CHECK_EQ(entry.target_ids.size(), static_cast<size_t>(entry.rule.targets_size()))
      << "each target has an id";
  v1::RuleRecord record;
  record.set_id(entry.id.value());
  record.set_bus_id(entry.bus_id.value());
  *record.mutable_rule() = entry.rule;
  for (const TargetId id : entry.target_ids) record.add_target_ids(id.value());
  return {CatalogChange::Kind::kRule, entry.id.value(), false, Encode(record)};
}

CatalogChange EncodeRuleSet(const RuleSetEntry& entry) {
  v1::RuleSetRecord record;
  record.set_service(entry.service);
  record.set_version(entry.version);
  record.set_content_hash(entry.content_hash);
  for (const RuleId id : entry.rules) record.add_rules(id.value());
  return {CatalogChange::Kind::kRuleSet, RuleSetId(entry.service), false, Encode(record)};
}

CatalogChange EraseBus(BusId id) { return {CatalogChange::Kind::kBus, id.value(), true, ""}; }

CatalogChange EraseRule(RuleId id) { return {CatalogChange::Kind::kRule, id.value(), true, ""}; }

CatalogChange EraseRuleSet(absl::string_view service) {
  return {CatalogChange::Kind::kRuleSet, RuleSetId(service), true, ""};
}

absl::StatusOr<BusEntry> DecodeBus(absl::string_view bytes) {
  ASSIGN_OR_RETURN(v1::BusRecord record, Decode<v1::BusRecord>(bytes, "bus"));
  return BusEntry{BusId(record.id()), std::move(*record.mutable_bus())};
}

absl::StatusOr<RuleEntry> DecodeRule(absl::string_view bytes) {
  ASSIGN_OR_RETURN(v1::RuleRecord record, Decode<v1::RuleRecord>(bytes, "rule"));
  if (record.target_ids_size() != record.rule().targets_size()) {
    return absl::DataLossError(absl::StrCat("catalog entry of rule ", record.id(), " has ",
                                            record.rule().targets_size(), " targets but ",
                                            record.target_ids_size(), " target ids"));
  }
  RuleEntry entry{
      RuleId(record.id()), BusId(record.bus_id()), std::move(*record.mutable_rule()), {}};
  entry.target_ids.reserve(record.target_ids_size());
  for (const uint64_t id : record.target_ids()) entry.target_ids.emplace_back(id);
  return entry;
}

absl::StatusOr<RuleSetEntry> DecodeRuleSet(absl::string_view bytes) {
  ASSIGN_OR_RETURN(v1::RuleSetRecord record, Decode<v1::RuleSetRecord>(bytes, "rule set"));
  RuleSetEntry entry{
      std::move(*record.mutable_service()), record.version(), record.content_hash(), {}};
  for (const uint64_t id : record.rules()) entry.rules.emplace_back(id);
  return entry;
}

absl::Status RaiseNextIds(const CatalogChange& change, NextIds& ids) {
  switch (change.kind) {
    case CatalogChange::Kind::kBus:
      Raise(ids.bus, change.id);
      break;
    case CatalogChange::Kind::kRule: {
      Raise(ids.rule, change.id);
      if (change.erased) break;
      ASSIGN_OR_RETURN(const v1::RuleRecord record, Decode<v1::RuleRecord>(change.bytes, "rule"));
      for (const uint64_t id : record.target_ids()) Raise(ids.target, id);
      break;
    }
    case CatalogChange::Kind::kRuleSet:
      break;
    case CatalogChange::Kind::kNextIds: {
      ASSIGN_OR_RETURN(const v1::NextIdsRecord record,
                       Decode<v1::NextIdsRecord>(change.bytes, "next id"));
      ids.bus = std::max(ids.bus, BusId(record.bus()));
      ids.rule = std::max(ids.rule, RuleId(record.rule()));
      ids.target = std::max(ids.target, TargetId(record.target()));
      break;
    }
  }
  return absl::OkStatus();
}

std::string EncodeNextIds(const NextIds& ids) {
  v1::NextIdsRecord record;
  record.set_bus(ids.bus.value());
  record.set_rule(ids.rule.value());
  record.set_target(ids.target.value());
  return Encode(record);
}

}  // namespace pavane::store
