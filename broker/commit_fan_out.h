#ifndef PAVANE_COMMIT_FAN_OUT_H_
#define PAVANE_COMMIT_FAN_OUT_H_

#include <memory>

#include "delivery/dispatcher.h"
#include "ingress/due_events.h"
#include "ingress/filler.h"
#include "rpc/tail_hub.h"
#include "store/writer.h"

namespace pavane {

/// Shows each commit to delivery, to the timer of scheduled events and to the filler, then wakes
/// the readers at the end of a bus. Writer thread.
class CommitFanOut : public store::CommitObserver {
 public:
  CommitFanOut(delivery::Dispatcher& dispatcher, rpc::TailHub& tails)
      : dispatcher_(dispatcher), tails_(tails) {}

  /// Both before the writer starts.
  void set_due_events(ingress::DueEvents* due_events) { due_events_ = due_events; }
  void set_filler(ingress::Filler* filler) { filler_ = filler; }

  void OnCommit(const std::shared_ptr<const store::CommitRecord>& commit) override {
    dispatcher_.OnCommit(commit);
    if (due_events_ != nullptr) due_events_->OnCommit(*commit);
    if (filler_ != nullptr) filler_->OnCommit(*commit);
    if (!commit->events.empty()) tails_.NotifyAppended();
  }

 private:
  delivery::Dispatcher& dispatcher_;
  rpc::TailHub& tails_;
  ingress::DueEvents* due_events_ = nullptr;
  ingress::Filler* filler_ = nullptr;
};

}  // namespace pavane

#endif  // PAVANE_COMMIT_FAN_OUT_H_
