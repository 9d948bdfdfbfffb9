#include "rules/path_trie.h"

#include <algorithm>
#include <bit>
#include <utility>

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
    std::vector<Edge> edges;
    for (const auto& [name, child] : building_[number]) {
      edges.push_back({HeadOf(name), static_cast<uint32_t>(name.size()), child,
                       static_cast<uint32_t>(names_.size())});
      names_ += name;
    }
    MakeTable(edges, &nodes_[number]);
  }
  building_.clear();
  building_.shrink_to_fit();
}

// For small nodes a multiplier is looked for that parts all edges; large ones live with some that
// meet.
void PathTrie::MakeTable(const std::vector<Edge>& edges, Node* node) {
  node->edge_count = static_cast<uint32_t>(edges.size());
  node->first_edge = static_cast<uint32_t>(edges_.size());
  const int bits = std::max(1, static_cast<int>(std::bit_width(edges.size())) + 1);
  node->mask = (1u << bits) - 1;
  node->shift = 64 - bits;
  node->multiplier = 0x9e3779b97f4a7c15u;
  std::vector<Edge> table;
  for (int tries = edges.size() <= 64 ? 64 : 1; tries > 0; --tries) {
    table.assign(node->mask + 1, Edge());
    bool meets = false;
    for (const Edge& edge : edges) {
      uint32_t place = Place(*node, edge.head, edge.size);
      for (; table[place].node != kNone; place = (place + 1) & node->mask) meets = true;
      table[place] = edge;
    }
    if (!meets || tries == 1) break;
    node->multiplier = node->multiplier * 0x2545f4914f6cdd1du | 1;
  }
  edges_.insert(edges_.end(), table.begin(), table.end());
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

std::optional<std::vector<uint32_t>> PathTrie::SlotsIn(const PathTrie& other) const {
  std::vector<uint32_t> slots(slot_count());
  std::vector<std::pair<uint32_t, uint32_t>> left = {{kRoot, kRoot}};  // nodes here and there
  while (!left.empty()) {
    const auto [here, there] = left.back();
    left.pop_back();
    const Node& node = nodes_[here];
    const Node& twin = other.nodes_[there];
    if (node.slot != kNone) {
      if (twin.slot == kNone) return std::nullopt;
      slots[node.slot] = twin.slot;
    }
    for (uint32_t place = 0; place <= node.mask && node.edge_count != 0; ++place) {
      const Edge& edge = edges_[node.first_edge + place];
      if (edge.node == kNone) continue;
      const absl::string_view name = absl::string_view(names_).substr(edge.name, edge.size);
      const uint32_t child = other.Child(twin, name, edge.head);
      if (child == kNone) return std::nullopt;
      left.emplace_back(edge.node, child);
    }
  }
  return slots;
}

size_t PathTrie::MemoryBytes() const {
  return nodes_.capacity() * sizeof(Node) + edges_.capacity() * sizeof(Edge) + names_.capacity() +
         slot_nodes_.capacity() * sizeof(uint32_t);
}

}  // namespace pavane::rules
