#ifndef PAVANE_RULES_PATH_TRIE_H_
#define PAVANE_RULES_PATH_TRIE_H_

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <map>
#include <optional>
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
    uint32_t edge_count = 0;
    uint32_t depth = 0;  // steps from the root
    // The edges are a hash table, open addressing, in which few have to be looked at twice.
    uint32_t first_edge = 0;
    uint32_t mask = 0;
    uint32_t shift = 63;
    uint64_t multiplier = 0;
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
    const Edge* const table = edges_.data() + node.first_edge;
    for (uint32_t place = Place(node, head, name.size());; place = (place + 1) & node.mask) {
      const Edge& edge = table[place];
      if (edge.head == head && edge.size == name.size() &&
          (name.size() <= 8 || SameTail(edge, name))) {
        return edge.node;
      }
      if (edge.node == kNone) return kNone;
    }
  }

  /// The node that `name`, parted at its dots, leads to from `number`; kNone if none.
  uint32_t Descend(uint32_t number, absl::string_view name) const;

  /// For each slot of this trie the slot of the same path in `other`; nothing if `other` lacks one.
  /// Both are frozen.
  std::optional<std::vector<uint32_t>> SlotsIn(const PathTrie& other) const;

  /// The first eight bytes of `name`, zeros where it is shorter.
  static uint64_t HeadOf(absl::string_view name) {
    uint64_t head = 0;
    std::memcpy(&head, name.data(), name.size() < 8 ? name.size() : 8);
    return head;
  }

  size_t MemoryBytes() const;

 private:
  struct Edge {
    uint64_t head = 0;
    uint32_t size = 0;
    uint32_t node = kNone;  // kNone: free
    uint32_t name = 0;      // offset in names_
  };

  static uint32_t Place(const Node& node, uint64_t head, size_t size) {
    return static_cast<uint32_t>((head ^ size * 0xa0761d6478bd642fu) * node.multiplier >>
                                 node.shift);
  }
  bool SameTail(const Edge& edge, absl::string_view name) const {
    return std::memcmp(names_.data() + edge.name + 8, name.data() + 8, name.size() - 8) == 0;
  }
  void MakeTable(const std::vector<Edge>& edges, Node* node);

  std::vector<std::map<std::string, uint32_t>> building_;  // empty after Freeze
  std::vector<Node> nodes_;
  std::vector<Edge> edges_;
  std::string names_;
  std::vector<uint32_t> slot_nodes_;
};

}  // namespace pavane::rules

#endif  // PAVANE_RULES_PATH_TRIE_H_
