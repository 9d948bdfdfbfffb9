#ifndef PAVANE_STORE_PERSISTENT_MAP_H_
#define PAVANE_STORE_PERSISTENT_MAP_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include "absl/hash/hash.h"

namespace pavane::store {

/// An ordered map whose copies share their nodes: copying costs one pointer, a change copies only
/// the path to it. The catalog's snapshots are made of these: one put among 100,000 rules takes
/// microseconds, where copying a hash map takes milliseconds.
///
/// A treap: a search tree by key that is a heap by a hash of the key, so its shape depends on the
/// keys alone and needs no balancing state. A copy may be read by any thread; changing one object
/// while it is read needs a lock, as with any container. Nodes that only this object holds are
/// changed in place, so building a big map does not copy.
template <typename Key, typename Value>
class PersistentMap {
 public:
  size_t size() const { return size_; }

  /// Null when there is none. Lives as long as this or any other copy holds the entry.
  template <typename K>
  const Value* Find(const K& key) const {
    const Node* node = root_.get();
    while (node != nullptr) {
      if (key < node->key) {
        node = node->left.get();
      } else if (node->key < key) {
        node = node->right.get();
      } else {
        return &node->value;
      }
    }
    return nullptr;
  }

  /// Inserts or replaces, the key too: it may point into the value.
  void Put(Key key, Value value) {
    root_ = PutBelow(std::move(root_), std::move(key), std::move(value));
  }

  /// False when there was none.
  template <typename K>
  bool Erase(const K& key) {
    if (Find(key) == nullptr) return false;
    root_ = EraseBelow(std::move(root_), key);
    --size_;
    return true;
  }

  /// Calls `visit(key, value)` for each entry from the first key >= `from` on, in order, until it
  /// returns false.
  template <typename K, typename Visit>
  void VisitFrom(const K& from, Visit&& visit) const {
    VisitBelow(root_.get(), &from, visit);
  }
  template <typename Visit>
  void VisitAll(Visit&& visit) const {
    VisitBelow<Key>(root_.get(), nullptr, visit);
  }

 private:
  struct Node;
  using NodePtr = std::shared_ptr<Node>;
  struct Node {
    Key key;
    Value value;
    uint64_t priority;
    NodePtr left;
    NodePtr right;
  };

  // A node nobody else holds. All holders of shared nodes outlive the change (the snapshot that is
  // changed from is held by the caller), so a count of one cannot be a race.
  static NodePtr Own(NodePtr node) {
    return node.use_count() == 1 ? std::move(node) : std::make_shared<Node>(*node);
  }

  static uint64_t Priority(const Key& key) { return absl::HashOf(key); }

  NodePtr PutBelow(NodePtr node, Key key, Value value) {
    if (node == nullptr) {
      ++size_;
      const uint64_t priority = Priority(key);
      return std::make_shared<Node>(
          Node{std::move(key), std::move(value), priority, nullptr, nullptr});
    }
    node = Own(std::move(node));
    if (key < node->key) {
      node->left = PutBelow(std::move(node->left), std::move(key), std::move(value));
      if (node->left->priority > node->priority) return RotateRight(std::move(node));
    } else if (node->key < key) {
      node->right = PutBelow(std::move(node->right), std::move(key), std::move(value));
      if (node->right->priority > node->priority) return RotateLeft(std::move(node));
    } else {
      node->key = std::move(key);
      node->value = std::move(value);
    }
    return node;
  }

  // Both are called right after the child was made or owned by PutBelow.
  static NodePtr RotateRight(NodePtr node) {
    NodePtr up = std::move(node->left);
    node->left = std::move(up->right);
    up->right = std::move(node);
    return up;
  }
  static NodePtr RotateLeft(NodePtr node) {
    NodePtr up = std::move(node->right);
    node->right = std::move(up->left);
    up->left = std::move(node);
    return up;
  }

  template <typename K>
  static NodePtr EraseBelow(NodePtr node, const K& key) {
    if (!(key < node->key) && !(node->key < key)) return Merge(node->left, node->right);
    node = Own(std::move(node));
    if (key < node->key) {
      node->left = EraseBelow(std::move(node->left), key);
    } else {
      node->right = EraseBelow(std::move(node->right), key);
    }
    return node;
  }

  // Every key of `left` is before every key of `right`.
  static NodePtr Merge(NodePtr left, NodePtr right) {
    if (left == nullptr) return right;
    if (right == nullptr) return left;
    if (left->priority > right->priority) {
      left = Own(std::move(left));
      left->right = Merge(std::move(left->right), std::move(right));
      return left;
    }
    right = Own(std::move(right));
    right->left = Merge(std::move(left), std::move(right->left));
    return right;
  }

  template <typename K, typename Visit>
  static bool VisitBelow(const Node* node, const K* from, Visit& visit) {
    if (node == nullptr) return true;
    const bool in_range = from == nullptr || !(node->key < *from);
    if (in_range) {
      if (!VisitBelow(node->left.get(), from, visit)) return false;
      if (!visit(node->key, node->value)) return false;
    }
    return VisitBelow(node->right.get(), from, visit);
  }

  NodePtr root_;
  size_t size_ = 0;
};

}  // namespace pavane::store

#endif  // PAVANE_STORE_PERSISTENT_MAP_H_
