#ifndef PAVANE_STORE_TRANSACTION_H_
#define PAVANE_STORE_TRANSACTION_H_

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "absl/hash/hash.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"

#include "base/ids.h"
#include "store/commit_builder.h"

namespace pavane::store {

/// The lane of what the broker does by itself, and of what operators ask for.
inline constexpr uint64_t kBrokerLane = 0;
inline constexpr uint64_t kAdminLane = 1;
/// The lane of one of many, by a name that tells it from others: a connection, a service.
inline uint64_t LaneOf(absl::string_view name) { return absl::HashOf(name) | 2; }
/// The lane of one that has no name of its own.
inline uint64_t NewLane() {
  static std::atomic<uint64_t> next = 2;
  return next.fetch_add(1, std::memory_order_relaxed);
}

/// One atomic piece of work for the writer: a publish, a settlement with its emits, a catalog
/// change. Made on any thread, then owned by the writer, which calls Prepare and Complete once
/// each, and destroys it. Prepare comes on its own thread; so does Complete, unless `answers_only`.
class Transaction {
 public:
  virtual ~Transaction() = default;

  /// Adds the work to the commit. An error takes back what was added and goes to Complete.
  virtual absl::Status Prepare(CommitBuilder& commit) = 0;

  /// After the commit is durable (`status` OK), or when nothing of this transaction is or will be:
  /// Prepare's own error, or Unavailable/Internal when the store failed or stopped. Must not block.
  virtual void Complete(const absl::Status& status) = 0;

  /// Complete tells others and needs nothing of the store: it may come on the answer thread, after
  /// later transactions were prepared.
  virtual bool answers_only() const { return false; }

  /// Whose work it is: the writer serves lanes in turns, and each in its order, so that who has
  /// much waiting does not hold up others.
  virtual uint64_t lane() const { return kBrokerLane; }

  /// For the queue's bound: about how many bytes it holds.
  virtual size_t bytes() const { return 256; }
  /// Settlements, catalog changes and upkeep use the reserved share of the queue.
  virtual bool reserved() const { return false; }
};

}  // namespace pavane::store

#endif  // PAVANE_STORE_TRANSACTION_H_
