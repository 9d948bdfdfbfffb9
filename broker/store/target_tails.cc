#include "store/target_tails.h"

#include <algorithm>
#include <iterator>

namespace pavane::store {

void TargetTails::Add(const CommitRecord& commit) {
  Mark* mark = nullptr;
  BusId marked;
  for (const AppendedEvent& event : commit.events) {
    const event::EventRef& ref = event.event->ref;
    if (mark == nullptr || ref.bus != marked) {
      std::deque<Mark>& marks = marks_[ref.bus];
      if (marks.empty() || marks.back().position != commit.position) {
        marks.push_back({commit.position, ref.sequence});
      }
      mark = &marks.back();
      marked = ref.bus;
    }
    mark->last = ref.sequence;
    for (size_t i = 0; i < event.targets.size(); ++i) {
      Tail& tail = tails_[event.targets[i]];
      tail.bus = ref.bus;
      const uint64_t key_hash = event.key_hash(i);
      if (key_hash != 0 && tail.key_hashes.empty()) tail.key_hashes.resize(tail.entries.size());
      tail.entries.push_back(ref.sequence);
      if (key_hash != 0 || !tail.key_hashes.empty()) tail.key_hashes.push_back(key_hash);
    }
    size_ += event.targets.size();
  }
}

std::vector<TargetEntry> TargetTails::Copy(const Tail& tail, size_t from, size_t count) {
  std::vector<TargetEntry> copy(count);
  for (size_t i = 0; i < count; ++i) {
    copy[i].sequence = tail.entries[from + i];
    if (!tail.key_hashes.empty()) copy[i].key_hash = tail.key_hashes[from + i];
  }
  return copy;
}

std::vector<TargetEntry> TargetTails::Read(TargetId target, Sequence after, size_t max) const {
  const auto found = tails_.find(target);
  if (found == tails_.end()) return {};
  const std::deque<Sequence>& entries = found->second.entries;
  const auto first = std::upper_bound(entries.begin(), entries.end(), after);
  const size_t count = std::min<size_t>(max, entries.end() - first);
  return Copy(found->second, first - entries.begin(), count);
}

size_t TargetTails::CountThrough(const Tail& tail, Position position) const {
  const auto found = marks_.find(tail.bus);
  if (found == marks_.end()) return 0;
  const std::deque<Mark>& marks = found->second;
  const auto beyond =
      std::upper_bound(marks.begin(), marks.end(), position,
                       [](Position value, const Mark& mark) { return value < mark.position; });
  if (beyond == marks.begin()) return 0;
  const Sequence last = std::prev(beyond)->last;
  return std::upper_bound(tail.entries.begin(), tail.entries.end(), last) - tail.entries.begin();
}

std::vector<TargetTails::Entries> TargetTails::EntriesThrough(Position position) const {
  std::vector<Entries> through;
  for (const auto& [target, tail] : tails_) {
    const size_t count = CountThrough(tail, position);
    if (count > 0) through.push_back({target, Copy(tail, 0, count)});
  }
  return through;
}

void TargetTails::DropThrough(Position position) {
  for (auto at = tails_.begin(); at != tails_.end();) {
    Tail& tail = at->second;
    const size_t count = CountThrough(tail, position);
    const auto gone = static_cast<ptrdiff_t>(count);
    tail.entries.erase(tail.entries.begin(), tail.entries.begin() + gone);
    if (!tail.key_hashes.empty()) {
      tail.key_hashes.erase(tail.key_hashes.begin(), tail.key_hashes.begin() + gone);
    }
    size_ -= count;
    if (tail.entries.empty()) {
      tails_.erase(at++);
    } else {
      ++at;
    }
  }
  for (auto at = marks_.begin(); at != marks_.end();) {
    std::deque<Mark>& marks = at->second;
    while (!marks.empty() && marks.front().position <= position) marks.pop_front();
    if (marks.empty()) {
      marks_.erase(at++);
    } else {
      ++at;
    }
  }
}

void TargetTails::Forget(TargetId target) {
  const auto found = tails_.find(target);
  if (found == tails_.end()) return;
  size_ -= found->second.entries.size();
  tails_.erase(found);
}

}  // namespace pavane::store
