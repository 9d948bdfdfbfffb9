#include "rules/path_trie.h"

#include <algorithm>

namespace pavane::rules {

uint32_t PathTrie::Add(absl::string_view path) {
  uint32_t number = kRoot;
  while (true) {
    const size_t dot = path.find('.');
    const std::string step(path.substr(0, dot));
    const auto [it, added] =
        building_[number].try_emplace(step, static_cast<uint32_t>(nodes_.size()));
    const uint32_t child = it->second;
    if (added) {
      const uint32_t depth = nodes_[number].depth + 1;
      nodes_.emplace_back().depth = depth;
      building_.emplace_back();
    }
    number = child;
    if (dot == absl::string_view::npos) break;
    path.remove_prefix(dot + 1);
  }
  if (nodes_[number].slot == kNone) {
    nodes_[number].slot = slot_count();
    slot_nodes_.push_back(number);
  }
  return nodes_[number].slot;
}

void PathTrie::Freeze() {
  for (size_t number = 0; number < nodes_.size(); ++number) {
    Node& node = nodes_[number];
    node.first_edge = static_cast<uint32_t>(edges_.size());
    node.edge_count = static_cast<uint32_t>(building_[number].size());
    for (const auto& [name, child] : building_[number]) {
      edges_.push_back({HeadOf(name), static_cast<uint32_t>(name.size()), child,
                        static_cast<uint32_t>(names_.size())});
      names_ += name;
    }
    std::sort(edges_.begin() + node.first_edge, edges_.end(),
              [](const Edge& a, const Edge& b) { return a.head < b.head; });
  }
  building_.clear();
  building_.shrink_to_fit();
}

uint32_t PathTrie::Descend(uint32_t number, absl::string_view name) const {
  while (true) {
    const size_t dot = name.find('.');
    const absl::string_view step = name.substr(0, dot);
    number = Child(nodes_[number], step, HeadOf(step));
    if (number == kNone || dot == absl::string_view::npos) return number;
    name.remove_prefix(dot + 1);
  }
}

size_t PathTrie::MemoryBytes() const {
  return nodes_.capacity() * sizeof(Node) + edges_.capacity() * sizeof(Edge) + names_.capacity() +
         slot_nodes_.capacity() * sizeof(uint32_t);
}

}  // namespace pavane::rules
