#include "store/target_runs.h"

#include <algorithm>
#include <utility>

#include "base/status_macros.h"
#include "store/envelope.h"
#include "store/keys.h"
#include "store/wire.h"

namespace pavane::store {

uint8_t AppendRun(absl::Span<const TargetEntry> entries, std::string& out) {
  WireWriter wire(out);
  wire.Varint(entries.size());
  Sequence previous;
  bool keyed = false;
  for (const TargetEntry& entry : entries) {
    wire.Varint(entry.sequence - previous);
    previous = entry.sequence;
    keyed = keyed || entry.key_hash != 0;
  }
  if (!keyed) return 0;
  for (const TargetEntry& entry : entries) wire.Fixed64(entry.key_hash);
  return kKeyed;
}

absl::Status DecodeRun(absl::string_view key, absl::string_view value,
                       std::vector<TargetEntry>& entries) {
  ASSIGN_OR_RETURN(const Opened opened, OpenEnvelope("run", key, value));
  WireReader in(opened.payload);
  const size_t count = in.Count();
  const size_t begin = entries.size();
  entries.reserve(begin + count);
  Sequence sequence;
  for (size_t i = 0; i < count && in.ok(); ++i) {
    sequence = sequence + in.Varint();
    entries.push_back({sequence, 0});
  }
  if ((opened.flags & kKeyed) != 0) {
    for (size_t i = begin; i < entries.size() && in.ok(); ++i) entries[i].key_hash = in.Fixed64();
  }
  return in.done() ? absl::OkStatus() : CorruptRecord("run", key, "it does not decode");
}

// The runs from the first to the last of a target's end become as few as they fit in.
class TargetRuns::Job : public UpkeepJob {
 public:
  Job(TargetRuns& runs, TargetId target, std::vector<Sequence> lasts)
      : runs_(runs), target_(target), lasts_(std::move(lasts)) {}
  ~Job() override { runs_.merging_.erase(target_); }

  absl::Status Compute() override {
    std::vector<TargetEntry> entries;
    Scan scan(runs_.database_, Family::kRun, RunKey(target_, lasts_.front()).view(),
              RunKey(target_, lasts_.back().Next()).view());
    for (; scan.Valid(); scan.Next()) {
      writes.push_back({Family::kRun, std::string(scan.key()), "", true});
      RETURN_IF_ERROR(DecodeRun(scan.key(), scan.value(), entries));
    }
    RETURN_IF_ERROR(scan.status());
    const absl::Span<const TargetEntry> all(entries);
    for (size_t at = 0; at < all.size(); at += kRunEntriesMax) {
      const auto part = all.subspan(at, kRunEntriesMax);
      const Key key = RunKey(target_, part.back().sequence);
      std::string value;
      BeginEnvelope(value);
      const uint8_t flags = AppendRun(part, value);
      SealEnvelope(key.view(), flags, value);
      writes.push_back({Family::kRun, std::string(key.view()), std::move(value)});
      merged_.push_back({part.back().sequence, part.size()});
    }
    return absl::OkStatus();
  }
  // What was settled meanwhile went from the front; runs added meanwhile are behind.
  bool StillValid() override {
    const auto found = runs_.runs_.find(target_);
    return found != runs_.runs_.end() && found->second.front().last <= lasts_.front();
  }
  void Applied() override {
    std::deque<Run>& runs = runs_.runs_[target_];
    const auto by_last = [](const Run& run, Sequence last) { return run.last < last; };
    const auto begin = std::lower_bound(runs.begin(), runs.end(), lasts_.front(), by_last);
    const auto end = std::lower_bound(begin, runs.end(), lasts_.back().Next(), by_last);
    runs_.size_ -= lasts_.size() - merged_.size();
    const auto place = runs.erase(begin, end);
    runs.insert(place, merged_.begin(), merged_.end());
  }

 private:
  TargetRuns& runs_;
  const TargetId target_;
  const std::vector<Sequence> lasts_;
  std::vector<Run> merged_;
};

void TargetRuns::Add(TargetId target, Sequence last, size_t entries) {
  runs_[target].push_back({last, entries});
  ++size_;
}

std::vector<Sequence> TargetRuns::RemoveThrough(TargetId target, Sequence last) {
  std::vector<Sequence> removed;
  const auto found = runs_.find(target);
  if (found == runs_.end()) return removed;
  std::deque<Run>& runs = found->second;
  for (; !runs.empty() && runs.front().last <= last; runs.pop_front()) {
    removed.push_back(runs.front().last);
  }
  size_ -= removed.size();
  if (runs.empty()) runs_.erase(found);
  return removed;
}

void TargetRuns::MergeSmall(TargetId target) {
  const auto found = runs_.find(target);
  if (found == runs_.end() || merging_.contains(target)) return;
  const std::deque<Run>& runs = found->second;
  std::vector<Sequence> lasts;
  for (auto run = runs.rbegin(); run != runs.rend() && run->entries < options_.run_entries_small;
       ++run) {
    lasts.push_back(run->last);
  }
  if (lasts.size() < options_.merge_runs) return;
  std::reverse(lasts.begin(), lasts.end());
  merging_.insert(target);
  upkeep_.Submit(std::make_unique<Job>(*this, target, std::move(lasts)));
}

}  // namespace pavane::store
