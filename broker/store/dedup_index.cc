#include "store/dedup_index.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/status_macros.h"
#include "store/keys.h"

namespace pavane::store {
namespace {

void PutSegment(EncodedDedupSegment& encoded, std::vector<UpkeepWrite>& writes) {
  for (EncodedDedupSegment::Record& record : encoded.records) {
    writes.push_back({Family::kDedup, std::move(record.key), std::move(record.value)});
  }
}

}  // namespace

std::deque<std::shared_ptr<const DedupFilter>> WithSegment(
    std::deque<std::shared_ptr<const DedupFilter>> filters, const std::vector<uint64_t>& prefixes) {
  std::shared_ptr<const DedupFilter> last = DedupFilter::Make(prefixes);
  while (!filters.empty() && filters.back()->segments() == last->segments() &&
         2 * last->segments() <= DedupFilter::kSegmentsMax) {
    last = DedupFilter::Merge(*filters.back(), *last);
    filters.pop_back();
  }
  filters.push_back(std::move(last));
  return filters;
}

// Tables become a segment. The chunks may be spread over commits: without the head, which is
// written last, they do not count.
class DedupIndex::SealJob : public UpkeepJob {
 public:
  SealJob(DedupIndex& index, std::vector<TablePtr> tables, std::deque<FilterPtr> filters)
      : index_(index), tables_(std::move(tables)), filters_(std::move(filters)) {}

  absl::Status Compute() override {
    std::vector<DedupEntry> entries;
    for (const TablePtr& table : tables_) {
      entries.insert(entries.end(), table->entries().begin(), table->entries().end());
    }
    EncodedDedupSegment encoded = EncodeDedupSegment(index_.bus_, std::move(entries));
    filters_ = WithSegment(std::move(filters_), encoded.head.prefixes);
    segment_ = encoded.head.segment;
    PutSegment(encoded, writes);
    return absl::OkStatus();
  }
  void Applied() override {
    index_.tables_.erase(index_.tables_.begin(),
                         index_.tables_.begin() + static_cast<ptrdiff_t>(tables_.size()));
    index_.sealing_ = 0;
    index_.AddSegment(segment_, std::move(filters_));
  }
  bool atomic() const override { return false; }

 private:
  DedupIndex& index_;  // Compute reads only what never changes
  const std::vector<TablePtr> tables_;
  std::deque<FilterPtr> filters_;
  DedupSegment segment_;
};

DedupIndex::DedupIndex(const Database& database, BusId bus, DedupPolicy policy,
                       UpkeepOptions options)
    : database_(database), bus_(bus), options_(options), policy_(policy) {
  tables_.push_back(std::make_shared<DedupTable>());
}

bool DedupIndex::IsLive(Sequence sequence, int64_t accepted_us, int64_t now_us) const {
  return accepted_us > now_us - policy_.window_us && newest_ - sequence < policy_.ids_max;
}

// ---- look-up

absl::StatusOr<std::optional<DedupFirst>> DedupIndex::Find(const event::Hash128& hash,
                                                           int64_t now_us) {
  for (auto table = tables_.rbegin(); table != tables_.rend(); ++table) {
    const DedupEntry* entry = (*table)->Find(hash);
    if (entry == nullptr) continue;
    if (!IsLive(*entry, now_us)) return std::nullopt;  // older ones are not either
    return DedupFirst{entry->sequence, entry->matched_rules};
  }
  if (filters_.empty()) return std::nullopt;
  ASSIGN_OR_RETURN(const std::optional<DedupEntry> entry, FindOnDisk(hash, now_us));
  if (!entry.has_value()) return std::nullopt;
  return DedupFirst{entry->sequence, entry->matched_rules};
}

absl::StatusOr<std::optional<DedupEntry>> DedupIndex::FindOnDisk(const event::Hash128& hash,
                                                                 int64_t now_us) {
  const uint64_t prefix = DedupFilter::Prefix(hash);
  for (const FilterPtr& filter : filters_) filter->Prefetch(prefix);
  size_t end = dropped_ + segments_.size();
  for (auto filter = filters_.rbegin(); filter != filters_.rend(); ++filter) {
    const size_t begin = end - (*filter)->segments();
    for (uint32_t found = (*filter)->Find(prefix); found != 0;) {
      const int place = 31 - __builtin_clz(found);
      found ^= 1u << place;
      const size_t number = begin + static_cast<size_t>(place);
      if (number < dropped_) continue;
      ASSIGN_OR_RETURN(const auto entry, FindInSegment(segments_[number - dropped_], hash));
      if (entry.has_value() && IsLive(*entry, now_us)) return entry;
    }
    end = begin;
  }
  return std::nullopt;
}

absl::StatusOr<std::optional<DedupEntry>> DedupIndex::FindInSegment(
    const DedupSegment& segment, const event::Hash128& hash) const {
  const Key key = DedupChunkKey(bus_, segment.last, segment.ChunkOf(hash));
  ASSIGN_OR_RETURN(const std::string value, database_.Get(Family::kDedup, key.view()));
  return FindInDedupChunk(segment, key.view(), value, hash);
}

void DedupIndex::Add(const DedupEntry& entry) {
  newest_ = entry.sequence;
  tables_.back()->Add(entry);
}

void DedupIndex::RemoveNewest() {
  newest_ = newest_ - 1;
  tables_.back()->RemoveNewest();
}

// ---- upkeep

void DedupIndex::CloseTable() {
  if (!tables_.back()->empty()) tables_.push_back(std::make_shared<DedupTable>());
}

void DedupIndex::Expire(int64_t now_us, std::vector<UpkeepWrite>& deletions) {
  const DedupTable& last = *tables_.back();
  const size_t full = std::min<uint64_t>(options_.dedup_segment_ids, policy_.ids_max / 2 + 1);
  if (!last.empty() && (last.size() >= full ||
                        last.entries().front().accepted_us <= now_us - policy_.window_us / 2)) {
    CloseTable();
  }
  if (sealing()) return;  // the job's result stands for what is here now
  while (tables_.size() > 1 && !IsLive(tables_.front()->entries().back(), now_us)) {
    tables_.pop_front();
  }
  while (!segments_.empty() &&
         !IsLive(segments_.front().last, segments_.front().last_accepted_us, now_us)) {
    DeleteSegment(segments_.front(), deletions);
    segments_.pop_front();
    if (++dropped_ < filters_.front()->segments()) continue;
    filters_.pop_front();
    dropped_ = 0;
  }
}

size_t DedupIndex::closed_ids() const {
  size_t ids = 0;
  for (size_t i = 0; i + 1 < tables_.size(); ++i) ids += tables_[i]->size();
  return ids;
}

std::unique_ptr<UpkeepJob> DedupIndex::MakeSealJob() {
  if (sealing() || closed_ids() < options_.dedup_segment_ids) return nullptr;
  sealing_ = tables_.size() - 1;
  std::vector<TablePtr> closed(tables_.begin(), tables_.end() - 1);
  return std::make_unique<SealJob>(*this, std::move(closed), filters_);
}

absl::Status DedupIndex::SealCommitted(Sequence through, int64_t now_us,
                                       std::vector<UpkeepWrite>& writes) {
  CHECK(!sealing()) << "the job has them already";
  std::vector<DedupEntry> entries;
  auto rest = std::make_shared<DedupTable>();
  for (const TablePtr& table : tables_) {
    for (const DedupEntry& entry : table->entries()) {
      if (entry.sequence > through) {
        rest->Add(entry);
      } else if (IsLive(entry, now_us)) {
        entries.push_back(entry);
      }
    }
  }
  tables_.assign(1, std::move(rest));
  if (entries.empty()) return absl::OkStatus();
  RETURN_IF_ERROR(TakeBackSmallSegment(entries, writes));
  Seal(std::move(entries), writes);
  return absl::OkStatus();
}

bool DedupIndex::HoldsBefore(Sequence before, int64_t now_us) const {
  for (const TablePtr& table : tables_) {
    for (const DedupEntry& entry : table->entries()) {
      if (entry.sequence >= before) return false;
      if (IsLive(entry, now_us)) return true;
    }
  }
  return false;
}

absl::Status DedupIndex::TakeBackSmallSegment(std::vector<DedupEntry>& entries,
                                              std::vector<UpkeepWrite>& writes) {
  if (segments_.empty() || filters_.back()->segments() != 1) return absl::OkStatus();
  const DedupSegment segment = segments_.back();
  if (segment.count + entries.size() > options_.dedup_segment_ids) return absl::OkStatus();
  for (uint64_t chunk = 0; chunk < segment.chunks(); ++chunk) {
    const Key key = DedupChunkKey(bus_, segment.last, chunk);
    const absl::StatusOr<std::string> value = database_.Get(Family::kDedup, key.view());
    if (absl::IsNotFound(value.status())) continue;  // no hash begins with its bits
    RETURN_IF_ERROR(value);
    RETURN_IF_ERROR(DecodeDedupChunk(segment, key.view(), *value, entries));
  }
  DeleteSegment(segment, writes);
  segments_.pop_back();
  filters_.pop_back();
  if (filters_.empty()) dropped_ = 0;
  return absl::OkStatus();
}

void DedupIndex::Seal(std::vector<DedupEntry> entries, std::vector<UpkeepWrite>& writes) {
  EncodedDedupSegment encoded = EncodeDedupSegment(bus_, std::move(entries));
  AddSegment(encoded.head.segment, WithSegment(filters_, encoded.head.prefixes));
  PutSegment(encoded, writes);
}

void DedupIndex::AddSegment(const DedupSegment& segment, std::deque<FilterPtr> filters) {
  segments_.push_back(segment);
  filters_ = std::move(filters);
  sealed_through_ = segment.last;
}

void DedupIndex::DeleteSegment(const DedupSegment& segment,
                               std::vector<UpkeepWrite>& writes) const {
  // The head first, so that what a start finds is whole or does not count.
  writes.push_back(
      {Family::kDedup, std::string(DedupHeadKey(bus_, segment.last).view()), "", true});
  for (uint64_t chunk = 0; chunk < segment.chunks(); ++chunk) {
    writes.push_back(
        {Family::kDedup, std::string(DedupChunkKey(bus_, segment.last, chunk).view()), "", true});
  }
}

// ---- start

absl::Status DedupIndex::Load(Sequence newest, int64_t now_us, std::vector<UpkeepWrite>& writes) {
  newest_ = newest;
  Scan scan(database_, Family::kDedup, DedupHeadKey(bus_, Sequence()).view(),
            DedupHeadKey(bus_.Next(), Sequence()).view());
  while (scan.Valid()) {
    if (scan.key().size() != kDedupHeadKeyBytes) {
      writes.push_back({Family::kDedup, std::string(scan.key()), "", true});
      scan.Next();
      continue;
    }
    ASSIGN_OR_RETURN(DedupSegmentHead head, DecodeDedupHead(scan.key(), scan.value()));
    if (IsLive(head.segment.last, head.segment.last_accepted_us, now_us)) {
      AddSegment(head.segment, WithSegment(std::move(filters_), head.prefixes));
    } else {
      DeleteSegment(head.segment, writes);
      sealed_through_ = head.segment.last;
    }
    scan.SeekTo(DedupHeadKey(bus_, head.segment.last.Next()).view());
  }
  return scan.status();
}

void DedupIndex::LoadEntry(const DedupEntry& entry, std::vector<UpkeepWrite>& writes) {
  tables_.back()->Add(entry);
  if (tables_.back()->size() < options_.dedup_segment_ids) return;
  Seal(tables_.back()->entries(), writes);
  tables_.back() = std::make_shared<DedupTable>();
}

// ---- figures

size_t DedupIndex::ids_in_memory() const { return closed_ids() + tables_.back()->size(); }

size_t DedupIndex::memory_bytes() const {
  size_t bytes = segments_.size() * sizeof(DedupSegment);
  for (const TablePtr& table : tables_) bytes += table->memory_bytes();
  for (const FilterPtr& filter : filters_) bytes += filter->bytes();
  return bytes;
}

}  // namespace pavane::store
