#ifndef PAVANE_RULES_PATH_TRIE_H_
#define PAVANE_RULES_PATH_TRIE_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace pavane::rules {

/// The paths that a matcher's rules name, as a tree of steps: what tells the reader of an event
/// where it is and what it may skip. Each path has a number, its slot. Paths are parted at every
/// dot, so `a.b` is one path however pattern or event spell it.
///
/// Add all paths, then Freeze, then look up.
class PathTrie {
 public:
  static constexpr uint32_t kNone = UINT32_MAX;
  static constexpr uint32_t kRoot = 0;

  struct Node {
    uint32_t slot = kNone;  // of the path that ends here
    uint32_t first_edge = 0;
    uint32_t edge_count = 0;
    uint32_t depth = 0;  // steps from the root
  };

  PathTrie() : building_(1), nodes_(1) {}

  /// The slot of `path`; a new one if it has none yet.
  uint32_t Add(absl::string_view path);
  void Freeze();

  const Node& node(uint32_t number) const { return nodes_[number]; }
  uint32_t number(const Node& node) const { return static_cast<uint32_t>(&node - nodes_.data()); }
  uint32_t slot_count() const { return static_cast<uint32_t>(slot_nodes_.size()); }
  /// The slot of a path that was added.
  uint32_t SlotOf(absl::string_view path) const { return nodes_[Descend(kRoot, path)].slot; }
  /// Steps of the path of `slot`.
  uint32_t slot_depth(uint32_t slot) const { return nodes_[slot_nodes_[slot]].depth; }

  /// The node that `name`, one step, leads to from `node`; kNone if none. `head` is HeadOf(name).
  uint32_t Child(const Node& node, absl::string_view name, uint64_t head) const {
    const Edge* edge = edges_.data() + node.first_edge;
    const Edge* const end = edge + node.edge_count;
    if (node.edge_count > 8) {
      edge = std::lower_bound(edge, end, head,
                              [](const Edge& e, uint64_t wanted) { return e.head < wanted; });
    }
    for (; edge != end; ++edge) {
      if (edge->head == head && edge->size == name.size() &&
          (name.size() <= 8 || SameTail(*edge, name))) {
        return edge->node;
      }
      if (edge->head > head) break;
    }
    return kNone;
  }

  /// The node that `name`, parted at its dots, leads to from `number`; kNone if none.
  uint32_t Descend(uint32_t number, absl::string_view name) const;

  /// The first eight bytes of `name`, zeros where it is shorter.
  static uint64_t HeadOf(absl::string_view name) {
    uint64_t head = 0;
    std::memcpy(&head, name.data(), name.size() < 8 ? name.size() : 8);
    return head;
  }

  size_t MemoryBytes() const;

 private:
  struct Edge {
    uint64_t head;
    uint32_t size;
    uint32_t node;
    uint32_t name;  // offset in names_
  };

  bool SameTail(const Edge& edge, absl::string_view name) const {
    return std::memcmp(names_.data() + edge.name + 8, name.data() + 8, name.size() - 8) == 0;
  }

  std::vector<std::map<std::string, uint32_t>> building_;  // empty after Freeze
  std::vector<Node> nodes_;
  std::vector<Edge> edges_;
  std::string names_;
  std::vector<uint32_t> slot_nodes_;
};

}  // namespace pavane::rules

#endif  // PAVANE_RULES_PATH_TRIE_H_
