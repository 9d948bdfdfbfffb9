#include "ingress/worker.h"

#include "base/log.h"

namespace pavane::ingress {
namespace {

constexpr absl::Duration kTryAgain = absl::Milliseconds(100);
constexpr absl::Duration kNoRoomPause = absl::Seconds(1);

}  // namespace

void Worker::Start() {
  thread_ = Thread(name_, [this] { Loop(); });
}

void Worker::Stop() {
  {
    MutexLock lock(mu_);
    stopping_ = true;
    changed_.NotifyAll();
  }
  thread_.Join();
}

bool Worker::AwaitWork() {
  MutexLock lock(mu_);
  while (!stopping_) {
    absl::Duration wait = absl::InfiniteDuration();
    if (HasWork(&wait)) return true;
    if (wait == absl::InfiniteDuration()) {
      changed_.Wait(mu_);
    } else {
      clock_.WaitUntil(changed_, mu_, clock_.MonotonicNow() + wait);
    }
  }
  return false;
}

void Worker::Pause(absl::Duration pause) {
  MutexLock lock(mu_);
  const MonotonicTime until = clock_.MonotonicNow() + pause;
  while (!stopping_ && !clock_.WaitUntil(changed_, mu_, until)) {
  }
}

void Worker::Loop() {
  while (AwaitWork()) {
    // What it appends takes room, as publishes do: it waits where they are refused.
    if (!gate_.CheckPublish().ok()) {
      Pause(kNoRoomPause);
    } else if (const absl::Status status = DoSome(); !status.ok()) {
      LOG_WARNING("it is tried again", {{"thread", name_}, {"error", status}});
      Pause(kTryAgain);
    }
  }
}

absl::Status Worker::Commit(std::unique_ptr<Step> step) {
  std::future<absl::Status> done = step->done_.get_future();
  std::unique_ptr<store::Transaction> transaction = std::move(step);
  if (!writer_.Submit(transaction)) return Overloaded();
  return done.get();
}

}  // namespace pavane::ingress
