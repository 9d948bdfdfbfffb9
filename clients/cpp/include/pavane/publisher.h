#ifndef PAVANE_CLIENTS_CPP_PUBLISHER_H_
#define PAVANE_CLIENTS_CPP_PUBLISHER_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <future>
#include <memory>
#include <string>

#include "pavane/error.h"
#include "pavane/event.h"
#include "pavane/log.h"

namespace pavane {
inline namespace client {

namespace internal {
class Clock;
class PublisherImpl;
}  // namespace internal

// What became of one published event.
struct [[nodiscard]] PublishResult {
  bool ok() const { return error.ok(); }

  // The event's number on its bus; 0 when refused.
  uint64_t sequence = 0;
  // How many rules matched. Of a duplicate: of the first.
  uint32_t matched_rules = 0;
  // The event had been accepted before, say by a request whose answer was lost.
  bool duplicate = false;
  std::string bus = {};
  std::string event_id = {};
  // Ok, or why not. With DEADLINE_EXCEEDED and CANCELLED the event may have been accepted all the
  // same: publish it again with the same id to be sure.
  Error error;
};

// Takes the result, on a thread of the publisher. Must not block and must not destroy the
// publisher; may publish.
using PublishCallback = std::function<void(const PublishResult&)>;

struct PublisherOptions {
  // What Publish does while the queue is full.
  enum class WhenFull { kBlock, kFail };

  // `HOST:PORT` or `unix:PATH`. Empty: the environment's PAVANE_GRPC_ADDRESS, else 127.0.0.1:7440.
  std::string address = {};
  // Source of events that have none.
  std::string source = {};
  // Bus of entries that name none. Empty: `default`.
  std::string bus = {};

  // From Publish to the callback at the latest.
  std::chrono::milliseconds deadline = std::chrono::seconds(30);

  // Events taken and not answered yet. At either limit Publish blocks, at most for `deadline`, or
  // fails OVERLOADED.
  size_t queue_events_max = 10'000;
  size_t queue_bytes_max = 16 << 20;
  WhenFull when_full = WhenFull::kBlock;

  // One request. With nothing in flight what waits is sent at once; else it gathers up to these.
  size_t batch_events_max = 256;
  size_t batch_bytes_max = 64 << 10;
  // Requests sent and not answered.
  size_t requests_in_flight_max = 32;

  // Between tries to connect, growing, with jitter.
  std::chrono::milliseconds backoff_initial = std::chrono::milliseconds(100);
  std::chrono::milliseconds backoff_max = std::chrono::seconds(5);

  // Null: StderrLogger().
  Logger logger = {};
};

// Publishes events: batches and pipelines by itself over one stream, connects when first needed,
// reconnects with backoff and sends again what was not answered, with the same ids, so that the
// broker's de-duplication makes each event count once. OVERLOADED and other refusals that pass are
// tried again until the deadline. Events go out in the order of Publish; after a retried refusal an
// event may come behind later ones.
//
// All methods may be called from any thread. Each event is answered exactly once. Owns two or three
// threads.
class Publisher {
 public:
  explicit Publisher(PublisherOptions options = {});
  // For tests: `clock` must outlive the publisher.
  Publisher(PublisherOptions options, internal::Clock& clock);
  // Answers what is unanswered with CANCELLED; call Flush before to wait for it.
  ~Publisher();

  Publisher(const Publisher&) = delete;
  Publisher& operator=(const Publisher&) = delete;

  // Takes the event and returns; `callback` runs later. Blocks only while the queue is full (see
  // WhenFull), and never within a callback, where a full queue fails.
  void Publish(PublishEntry entry, PublishCallback callback);
  std::future<PublishResult> Publish(PublishEntry entry);
  // Publishes and waits for the result. Not within a callback.
  PublishResult PublishSync(PublishEntry entry);

  // Waits until all events taken before are answered. False if `timeout` passed first.
  bool Flush(std::chrono::milliseconds timeout);

 private:
  std::unique_ptr<internal::PublisherImpl> impl_;
};

}  // namespace client
}  // namespace pavane

#endif  // PAVANE_CLIENTS_CPP_PUBLISHER_H_
