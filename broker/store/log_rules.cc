// What rules were: each commit that changes a rule keeps what the rule was before, for as long as
// an event is kept that it judged.
#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"

#include "base/status_macros.h"
#include "store/block_codec.h"
#include "store/catalog.h"
#include "store/envelope.h"
#include "store/keys.h"
#include "store/log_impl.h"
#include "store/wire.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace pavane::store {
namespace {

// Entries that one call forgets while some are still needed.
constexpr size_t kForgottenMax = 4096;

enum class Before : uint8_t { kAbsent = 0, kRule = 1 };

uint64_t NameHash(absl::string_view name) { return XXH3_64bits(name.data(), name.size()); }

// The entry: name, kind, then the catalog entry's bytes.
std::string EncodeBefore(absl::string_view name, const std::optional<std::string>& entry) {
  std::string bytes;
  WireWriter wire(bytes);
  wire.Bytes(name);
  wire.Byte(static_cast<uint8_t>(entry ? Before::kRule : Before::kAbsent));
  if (entry) wire.Bytes(*entry);
  return bytes;
}

bool DecodeBefore(absl::string_view bytes, std::string* name, std::optional<std::string>* entry) {
  WireReader wire(bytes);
  *name = std::string(wire.Bytes());
  const uint8_t kind = wire.Byte();
  entry->reset();
  if (kind == static_cast<uint8_t>(Before::kRule)) *entry = std::string(wire.Bytes());
  return wire.done() && kind <= static_cast<uint8_t>(Before::kRule);
}

}  // namespace

absl::Status Log::Impl::LoadRuleHistory() {
  CatalogVersion now;
  {
    MutexLock lock(mu);
    now = catalog_version;
  }
  const absl::StatusOr<std::string> stored = database->Get(Family::kMeta, kRuleHistoryKey);
  if (absl::IsNotFound(stored.status())) {
    rule_history_from = now;
    return absl::OkStatus();
  }
  RETURN_IF_ERROR(stored);
  ASSIGN_OR_RETURN(const Opened opened, OpenEnvelope("meta", kRuleHistoryKey, *stored));
  WireReader wire(opened.payload);
  rule_history_from = CatalogVersion(wire.Varint());
  const CatalogVersion through(wire.Varint());
  if (!wire.done()) return CorruptRecord("meta", kRuleHistoryKey, "it does not decode");
  // A broker that keeps no history has changed rules in between.
  if (through != now) rule_history_from = now;
  return absl::OkStatus();
}

absl::Status Log::Impl::PutRuleHistory(const CommitRecord& commit) {
  absl::flat_hash_map<uint64_t, std::optional<std::string>> changed;  // by this commit, per rule
  const uint64_t last = commit.catalog_version.value();
  for (size_t i = 0; i < commit.catalog.size(); ++i) {
    const CatalogChange& change = commit.catalog[i];
    if (change.kind != CatalogChange::Kind::kRule) continue;
    // Each change raises the version by one.
    const CatalogVersion version(last - std::min<uint64_t>(last, commit.catalog.size() - 1 - i));
    std::optional<std::string> before;
    if (const auto found = changed.find(change.id); found != changed.end()) {
      before = found->second;
    } else {
      ASSIGN_OR_RETURN(before, ReadCatalogEntry(change.kind, change.id));
    }
    RETURN_IF_ERROR(PutRuleBefore(commit, change, before, version));
    changed[change.id] = change.erased ? std::nullopt : std::optional<std::string>(change.bytes);
  }
  std::string mark;
  WireWriter wire(mark);
  wire.Varint(rule_history_from.value());
  wire.Varint(last);
  return Put(Family::kMeta, kRuleHistoryKey, mark);
}

absl::StatusOr<std::optional<std::string>> Log::Impl::ReadCatalogEntry(CatalogChange::Kind kind,
                                                                       uint64_t id) const {
  const Key key = CatalogKey(kind, id);
  const absl::StatusOr<std::string> stored = database->Get(Family::kCatalog, key.view());
  if (absl::IsNotFound(stored.status())) return std::optional<std::string>();
  RETURN_IF_ERROR(stored);
  ASSIGN_OR_RETURN(const Opened opened, OpenEnvelope("catalog", key.view(), *stored));
  return std::optional<std::string>(std::string(opened.payload));
}

absl::Status Log::Impl::PutRuleBefore(const CommitRecord& commit, const CatalogChange& change,
                                      const std::optional<std::string>& before,
                                      CatalogVersion version) {
  if (!before && change.erased) return absl::OkStatus();
  ASSIGN_OR_RETURN(const RuleEntry rule, DecodeRule(before ? *before : change.bytes));
  if (before && !change.erased) {
    ASSIGN_OR_RETURN(const RuleEntry after, DecodeRule(change.bytes));
    // Pausing a target changes the entry, not the rule.
    if (after.rule.version() == rule.rule.version()) return absl::OkStatus();
  }
  if (!HasEvents(rule.bus_id, commit)) return absl::OkStatus();  // it judged none
  const uint64_t hash = NameHash(rule.rule.name());
  const Key key = RuleBeforeKey(rule.bus_id, hash, version);
  RETURN_IF_ERROR(Put(Family::kMeta, key.view(), EncodeBefore(rule.rule.name(), before)));
  const Key by_version = RuleBeforeIndexKey(rule.bus_id, version, hash);
  return Put(Family::kMeta, by_version.view(), "");
}

bool Log::Impl::HasEvents(BusId bus, const CommitRecord& commit) const {
  if (EventRange(bus).first) return true;
  return std::any_of(commit.events.begin(), commit.events.end(),
                     [&](const AppendedEvent& appended) { return appended.event->ref.bus == bus; });
}

absl::Status Log::Impl::ForgetRules(BusId bus, Sequence dropped) {
  const Key first = RuleBeforeIndexKey(bus, CatalogVersion(), 0);
  Scan block(*database, Family::kBlock, BlockKey(bus, dropped.Next()).view(),
             BlockKey(bus.Next(), Sequence()).view());
  RETURN_IF_ERROR(block.status());
  if (!block.Valid()) {  // no event is left
    const Key begin = RuleBeforeKey(bus, 0, CatalogVersion());
    const Key end = RuleBeforeKey(bus.Next(), 0, CatalogVersion());
    const Key end_index = RuleBeforeIndexKey(bus.Next(), CatalogVersion(), 0);
    rocksdb::ColumnFamilyHandle* meta = database->handle(Family::kMeta);
    RETURN_IF_ERROR(FromRocksDb(batch.DeleteRange(meta, ToSlice(begin.view()), ToSlice(end.view())),
                                "forgetting rules"));
    return FromRocksDb(batch.DeleteRange(meta, ToSlice(first.view()), ToSlice(end_index.view())),
                       "forgetting rules");
  }
  ASSIGN_OR_RETURN(const BlockHead head, DecodeBlockHead("block", block.key(), block.value()));
  const CatalogVersion needed = head.events.front().catalog_version;
  Scan scan(*database, Family::kMeta, first.view(),
            RuleBeforeIndexKey(bus, needed.Next(), 0).view());
  for (size_t i = 0; scan.Valid() && i < kForgottenMax; scan.Next(), ++i) {
    const CatalogVersion version(ReadKey64(scan.key(), 10));
    const Key key = RuleBeforeKey(bus, ReadKey64(scan.key(), 18), version);
    RETURN_IF_ERROR(Delete(Family::kMeta, key.view()));
    RETURN_IF_ERROR(Delete(Family::kMeta, scan.key()));
  }
  return scan.status();
}

absl::StatusOr<Log::RuleAsOf> Log::Impl::ReadRuleAsOf(BusId bus, absl::string_view name,
                                                      CatalogVersion version) const {
  RuleAsOf rule;
  rule.known = version >= rule_history_from;
  const CatalogVersion at = std::max(version, rule_history_from);
  const uint64_t hash = NameHash(name);
  // What a rule was until the version after: the first change behind.
  Scan scan(*database, Family::kMeta, RuleBeforeKey(bus, hash, at.Next()).view(),
            RuleBeforeKey(bus, hash, CatalogVersion(UINT64_MAX)).view());
  for (; scan.Valid(); scan.Next()) {
    ASSIGN_OR_RETURN(const Opened opened, OpenEnvelope("meta", scan.key(), scan.value()));
    std::string found;
    std::optional<std::string> entry;
    if (!DecodeBefore(opened.payload, &found, &entry)) {
      return CorruptRecord("meta", scan.key(), "it does not decode");
    }
    if (found != name) continue;
    rule.changed_since = true;
    rule.entry = std::move(entry);
    break;
  }
  RETURN_IF_ERROR(scan.status());
  return rule;
}

}  // namespace pavane::store
