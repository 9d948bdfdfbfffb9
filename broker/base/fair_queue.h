#ifndef PAVANE_BASE_FAIR_QUEUE_H_
#define PAVANE_BASE_FAIR_QUEUE_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"

namespace pavane {

// Items of several lanes, taken in turns: within a lane in the order they came, between lanes by
// cost, so that one with much waiting delays others by one turn, not by all it has (deficit round
// robin: Shreedhar and Varghese, 1995). Items need only be movable. One thread.
template <typename T>
class FairQueue {
 public:
  // A lane that has used up `turn` of cost waits for the others.
  explicit FairQueue(size_t turn) : turn_(static_cast<int64_t>(turn)) {}
  FairQueue(const FairQueue&) = delete;
  FairQueue& operator=(const FairQueue&) = delete;

  void Add(uint64_t lane_id, size_t cost, T item) {
    std::unique_ptr<Lane>& lane = lanes_[lane_id];
    if (lane == nullptr) {
      lane = NewLane();
      lane->id = lane_id;
      lane->left = turn_;
      turns_.push_back(lane.get());
    }
    lane->waiting.push_back({static_cast<int64_t>(cost), std::move(item)});
    ++size_;
  }

  bool empty() const { return turns_.empty(); }
  size_t size() const { return size_; }
  // With something waiting.
  size_t lanes() const { return turns_.size(); }
  // Cost of the next; the queue is not empty.
  size_t next_cost() const { return static_cast<size_t>(turns_.front()->waiting.front().cost); }

  // The next; the queue is not empty.
  T Take() {
    Lane& lane = *turns_.front();
    Waiting taken = std::move(lane.waiting.front());
    lane.waiting.pop_front();
    lane.left -= taken.cost;
    --size_;
    if (lane.waiting.empty()) {
      turns_.pop_front();
      auto node = lanes_.extract(lane.id);
      if (spare_.size() < kSpareMax) spare_.push_back(std::move(node.mapped()));
    }
    EndTurn();
    return std::move(taken.item);
  }

 private:
  static constexpr size_t kSpareMax = 64;

  struct Waiting {
    int64_t cost;
    T item;
  };
  struct Lane {
    uint64_t id = 0;
    std::deque<Waiting> waiting;
    int64_t left = 0;  // of its turn
  };

  std::unique_ptr<Lane> NewLane() {
    if (spare_.empty()) return std::make_unique<Lane>();
    std::unique_ptr<Lane> lane = std::move(spare_.back());
    spare_.pop_back();
    return lane;
  }

  // One that took more than its turn, with a large item, is left out until it is even, unless it is
  // alone. So the first has always something left, and nobody owes more than an item.
  void EndTurn() {
    while (!turns_.empty() && turns_.front()->left <= 0) {
      Lane* lane = turns_.front();
      turns_.pop_front();
      lane->left += turn_;
      turns_.push_back(lane);
    }
  }

  const int64_t turn_;
  size_t size_ = 0;
  absl::flat_hash_map<uint64_t, std::unique_ptr<Lane>> lanes_;
  std::deque<Lane*> turns_;  // those with something waiting; the first has its turn
  std::vector<std::unique_ptr<Lane>> spare_;
};

}  // namespace pavane

#endif  // PAVANE_BASE_FAIR_QUEUE_H_
