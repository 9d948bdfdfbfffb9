#ifndef PAVANE_CLIENTS_CPP_SRC_PUBLISH_QUEUE_H_
#define PAVANE_CLIENTS_CPP_SRC_PUBLISH_QUEUE_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "clients/cpp/src/clock.h"
#include "clients/cpp/src/publish_batch.h"
#include "pavane/publisher.h"
#include "pavane/v1/publisher.pb.h"

namespace pavane {
inline namespace client {
namespace internal {

// One event that is taken and not answered.
struct PendingEvent {
  // A serialized pavane.v1.PublishEntry. In the request while in flight, else here.
  std::string entry;
  PublishCallback callback;
  SteadyTime deadline;
  size_t bytes = 0;
  // Which Flush waits for it.
  uint64_t epoch = 0;
  // Its callback is gone; kept only for its place in a request.
  bool answered = false;
  // The last refusal that was tried again, if there was one.
  std::unique_ptr<Error> last_error;
};

// An event to answer: the caller runs the callback without any lock held.
struct AnsweredEvent {
  PublishCallback callback;
  PublishResult result;
  size_t bytes = 0;
  uint64_t epoch = 0;
};

// The events of one publisher between Publish and answer, and all decisions about them: what goes
// into the next request, what is sent again, what is tried again and what is given up. No thread,
// no clock, no lock: the publisher calls it under its mutex.
class PublishQueue {
 public:
  using Request = PublishBatch;
  using Answered = std::vector<AnsweredEvent>;

  explicit PublishQueue(const PublisherOptions& options) : options_(options) {}

  // At the end. Deadlines must not fall.
  void Add(PendingEvent event);

  // The next message to write, or null. First what was unanswered on the last stream, unchanged and
  // in order; then a new request: whatever waits if nothing is in flight, else only full ones.
  std::shared_ptr<const Request> Next(SteadyTime now);
  // Whether something new should go out now, for who has added: what gathers is no reason to wake
  // the writer.
  bool WantsToSend() const;
  // The stream is gone: all requests in flight are to be sent again.
  void Disconnected();

  // Takes the answers of one message.
  Answered Answer(const pavane::v1::PublishStreamResponse& response, SteadyTime now);
  // Gives up events whose deadline has come.
  Answered Expire(SteadyTime now, const Error& connection);
  // Gives up all.
  Answered Abort(const Error& error);

  bool empty() const { return waiting_.empty() && delayed_.empty() && in_flight_.empty(); }
  // A request was given up unanswered as a whole: the stream is not to be trusted. Cleared by
  // Disconnected.
  bool stuck() const { return stuck_; }
  // When Expire may have something to do, and when Next, though no other call came before.
  SteadyTime NextExpiry(SteadyTime now) const;
  SteadyTime NextSend(SteadyTime now) const;

 private:
  struct InFlight {
    std::shared_ptr<const Request> request;
    std::vector<PendingEvent> events;
    bool sent = false;
  };
  struct Delayed {
    SteadyTime due;
    PendingEvent event;
  };

  void ResumeDelayed(SteadyTime now);
  bool BatchIsFull() const;
  std::shared_ptr<const Request> NewRequest();
  void AnswerRequest(InFlight& flight, const pavane::v1::PublishStreamResponse::Answer& answer,
                     SteadyTime now, Answered& out);
  void ExpireInFlight(SteadyTime now, const Error& error, Answered& out);
  // Queues the event again if its refusal passes.
  bool TryAgain(PendingEvent& event, std::string_view entry, const Error& error, SteadyTime now);

  const PublisherOptions& options_;
  std::deque<PendingEvent> waiting_;
  std::vector<Delayed> delayed_;
  std::deque<InFlight> in_flight_;
  size_t waiting_bytes_ = 0;
  uint64_t next_request_id_ = 1;
  SteadyTime paused_until_ = {};
  bool stuck_ = false;
};

// Fills a result from the wire.
PublishResult FromMessage(const pavane::v1::PublishResult& message);

}  // namespace internal
}  // namespace client
}  // namespace pavane

#endif  // PAVANE_CLIENTS_CPP_SRC_PUBLISH_QUEUE_H_
