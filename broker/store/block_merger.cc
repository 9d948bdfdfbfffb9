#include "store/block_merger.h"

#include <string>
#include <utility>

#include "store/block_codec.h"
#include "store/envelope.h"
#include "store/keys.h"

namespace pavane::store {
namespace {

// Merges under way beyond which blocks stay small: the upkeep thread is behind.
constexpr size_t kJobsMax = 64;
// Remembered of all buses together.
constexpr size_t kBytesMax = 4 << 20;

}  // namespace

// One block under the last one's key, and the deletion of the others.
class BlockMerger::Job : public UpkeepJob {
 public:
  Job(BlockMerger& merger, Small small) : merger_(merger), small_(std::move(small)) {
    ++merger_.jobs_;
  }
  ~Job() override { --merger_.jobs_; }

  absl::Status Compute() override {
    const BusId bus = small_.events.front()->ref.bus;
    for (size_t i = 0; i + 1 < small_.lasts.size(); ++i) {
      const std::string key(BlockKey(bus, small_.lasts[i]).view());
      writes.push_back({Family::kBlock, key, "", true});
      writes.push_back({Family::kPayload, key, "", true});
    }
    const Key key = BlockKey(bus, small_.lasts.back());
    std::string head;
    BeginEnvelope(head);
    AppendBlockHead(small_.events, head);
    SealEnvelope(key.view(), 0, head);
    std::string payload;
    std::string scratch;
    BeginEnvelope(payload);
    const uint8_t flags = AppendPayload(small_.events, true, scratch, payload);
    SealEnvelope(key.view(), flags, payload);
    writes.push_back({Family::kBlock, std::string(key.view()), std::move(head)});
    writes.push_back({Family::kPayload, std::string(key.view()), std::move(payload)});
    return absl::OkStatus();
  }
  bool StillValid() override { return merger_.is_kept_(small_.events.front()->ref); }
  void Applied() override {}

 private:
  BlockMerger& merger_;
  const Small small_;
};

void BlockMerger::Add(absl::Span<const event::StoredEventPtr> events, size_t bytes) {
  const BusId bus = events.front()->ref.bus;
  Small& small = small_[bus];
  // What is half as large as wanted is not worth being written twice.
  const bool large = bytes >= options_.merge_block_bytes / 2;
  if (!large) {
    small.events.insert(small.events.end(), events.begin(), events.end());
    small.lasts.push_back(events.back()->ref.sequence);
    small.bytes += bytes;
    bytes_ += bytes;
  }
  if (large || small.bytes >= options_.merge_block_bytes) Submit(std::exchange(small, {}));
  if (bytes_ > kBytesMax) {
    for (auto& [other, its] : small_) Submit(std::exchange(its, {}));
  }
}

void BlockMerger::Submit(Small small) {
  bytes_ -= small.bytes;
  if (small.lasts.size() < 2 || jobs_ >= kJobsMax) return;
  upkeep_.Submit(std::make_unique<Job>(*this, std::move(small)));
}

}  // namespace pavane::store
