#include "delivery/dispatcher.h"

#include <atomic>
#include <deque>
#include <future>
#include <thread>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/functional/any_invocable.h"

#include "base/bounded_queue.h"
#include "base/failpoint.h"
#include "base/fair_queue.h"
#include "base/mutex.h"
#include "base/thread.h"
#include "delivery/engine.h"
#include "delivery/loop_context.h"
#include "delivery/unsettled_counts.h"

namespace pavane::delivery {
namespace {

// Work waiting for the loop, and as many requests in their lanes. Producers wait when it is full:
// the writer, and with it everybody, becomes as slow as the loop.
constexpr size_t kInboxMax = 1 << 17;
// Settlements and other requests between two rounds of handing out, so that nobody waits long for
// what has just been committed; and how many of one service in a row.
constexpr size_t kRequestsPerRound = 256;
constexpr size_t kRequestsInARow = 64;
// Leases that expired after the time up to which all that came is done are left alone: their
// settlements may be among what waits. But not longer than this.
constexpr absl::Duration kExpiryLagMax = absl::Seconds(5);

}  // namespace

/// The thread around the Engine: an inbox of work, done in portions, each followed by one round of
/// handing out. What was committed comes first; requests of services take turns, so that one with
/// thousands of settlements under way does not hold up the others.
class Dispatcher::Loop {
 public:
  using Work = absl::AnyInvocable<void()>;

  Loop(store::Log& log, Clock& clock, Random& random, const Options& options)
      : inbox_(kInboxMax, clock),
        context_(
            log, clock, random, [this](Work work) { Post(std::move(work)); }, options),
        engine_(context_) {}
  ~Loop() { Stop(); }

  LoopContext& context() { return context_; }
  Engine& engine() { return engine_; }
  UnsettledCounts& unsettled() { return unsettled_; }

  /// In the order of the calls, before requests. False when the loop has ended: the work is
  /// dropped. The loop's own work never waits for a place in the inbox, since nobody else empties
  /// it.
  bool Post(Work work) {
    if (std::this_thread::get_id() == thread_id_.load(std::memory_order_relaxed)) {
      own_work_.push_back(std::move(work));
      return true;
    }
    return inbox_.Push({store::kBrokerLane, 0, std::move(work)});
  }
  /// In the order of the calls for one service. The same holds for the loop's own.
  void Request(uint64_t lane, size_t cost, Work work) {
    if (std::this_thread::get_id() == thread_id_.load(std::memory_order_relaxed)) {
      requests_.Add(lane, cost, std::move(work));
    } else {
      (void)inbox_.Push({lane, cost, std::move(work)});
    }
  }
  void Request(SessionId session, Work work) ABSL_LOCKS_EXCLUDED(lanes_mu_) {
    Request(LaneOf(session), 1, std::move(work));
  }

  /// A session's requests are in the lane of its service, as its settlements are.
  void SetLane(SessionId session, uint64_t lane) ABSL_LOCKS_EXCLUDED(lanes_mu_) {
    MutexLock lock(lanes_mu_);
    lanes_[session] = lane;
  }
  void ForgetLane(SessionId session) ABSL_LOCKS_EXCLUDED(lanes_mu_) {
    MutexLock lock(lanes_mu_);
    lanes_.erase(session);
  }

  void Start() {
    running_ = true;
    thread_ = Thread("delivery", [this] { Run(); });
  }

  void Stop() {
    if (running_.exchange(false)) {
      inbox_.Close();
      thread_.Join();
    }
    inbox_.Close();
  }

  /// Runs `ask` on the loop and waits; on the caller's thread when the loop does not run.
  template <typename T>
  T Ask(absl::AnyInvocable<T()> ask) {
    if (!running_) {
      context_.ReadClock();
      return ask();
    }
    auto answer = std::make_shared<std::promise<T>>();
    std::future<T> result = answer->get_future();
    auto question = std::make_shared<absl::AnyInvocable<T()>>(std::move(ask));
    if (!Post([answer, question] { answer->set_value((*question)()); })) {
      thread_.Join();
      return (*question)();
    }
    return result.get();
  }

  void WhenIdle(absl::Time until, std::function<void()> done) {
    Post([this, until, done = std::move(done)]() mutable {
      engine_.Drain(until);
      drained_ = std::move(done);
      drain_deadline_ = context_.clock.MonotonicNow() + (until - context_.clock.Now());
    });
  }

 private:
  struct Item {
    uint64_t lane = store::kBrokerLane;
    size_t cost = 0;
    Work work;
  };

  void Run() {
    thread_id_ = std::this_thread::get_id();
    MonotonicTime wake = Round();
    while (TakeArrived(drained_ ? std::min(wake, drain_deadline_) : wake)) {
      DoRequests();
      wake = Round();
      CheckDrained();
    }
    engine_.Checkpoint();
  }

  /// False when nothing comes any more and nothing is left.
  bool TakeArrived(MonotonicTime deadline) {
    bool open = true;
    if (requests_.size() < kInboxMax) open = inbox_.PopAll(arrived_, deadline);
    context_.ReadClock();
    arrived_at_ = context_.MonotonicNow();
    for (Item& item : arrived_) {
      if (item.lane == store::kBrokerLane) {
        item.work();
      } else {
        requests_.Add(item.lane, item.cost, std::move(item.work));
      }
    }
    arrived_.clear();
    return open || !requests_.empty();
  }

  MonotonicTime ExpireUntil() const {
    return std::max(caught_up_at_, context_.MonotonicNow() - kExpiryLagMax);
  }

  void DoRequests() {
    for (size_t done = 0; !requests_.empty() && done < kRequestsPerRound;) {
      done += requests_.next_cost();
      requests_.Take()();
    }
    if (requests_.empty()) caught_up_at_ = arrived_at_;
  }

  uint64_t LaneOf(SessionId session) const ABSL_LOCKS_EXCLUDED(lanes_mu_) {
    MutexLock lock(lanes_mu_);
    const auto lane = lanes_.find(session);
    return lane == lanes_.end() ? store::kAdminLane : lane->second;
  }

  MonotonicTime Round() {
    MonotonicTime wake;
    bool more = false;
    do {
      context_.ReadClock();
      for (Work& item : std::exchange(own_work_, {})) item();
      engine_.Pump();
      // Answers waiting pulls, so after what they could get.
      wake = engine_.Tick(ExpireUntil());
      more = engine_.Pump();
    } while (!own_work_.empty());
    return more || !requests_.empty() ? MonotonicTime::InfinitePast() : wake;
  }

  void CheckDrained() {
    if (!drained_) return;
    if (engine_.in_flight() > 0 && context_.clock.MonotonicNow() < drain_deadline_) return;
    std::exchange(drained_, nullptr)();
  }

  BoundedQueue<Item> inbox_;
  UnsettledCounts unsettled_;
  std::atomic<bool> running_ = false;
  std::atomic<std::thread::id> thread_id_;

  mutable Mutex lanes_mu_;
  absl::flat_hash_map<SessionId, uint64_t> lanes_ ABSL_GUARDED_BY(lanes_mu_);

  // Loop thread only.
  std::deque<Item> arrived_;
  FairQueue<Work> requests_{kRequestsInARow};
  MonotonicTime arrived_at_;
  MonotonicTime caught_up_at_ = MonotonicTime::InfinitePast();  // all that had come by then is done
  std::vector<Work> own_work_;
  LoopContext context_;
  Engine engine_;
  std::function<void()> drained_;
  MonotonicTime drain_deadline_;

  Thread thread_;
};

Dispatcher::Dispatcher(store::Log& log, Clock& clock, Random& random, const Options& options)
    : loop_(std::make_unique<Loop>(log, clock, random, options)) {}
Dispatcher::~Dispatcher() = default;

void Dispatcher::set_writer(store::Writer* writer) { loop_->context().writer = writer; }
void Dispatcher::set_forward(ForwardFunction forward) {
  loop_->context().forward = std::move(forward);
}
void Dispatcher::set_dial_out(DialOut* dial_out) { loop_->context().dial_out = dial_out; }
void Dispatcher::set_hooks(Hooks hooks) { loop_->context().hooks = std::move(hooks); }

absl::Status Dispatcher::Recover() {
  return loop_->engine().Recover(
      [this](TargetId target, uint64_t count) { loop_->unsettled().Set(target, count); });
}

void Dispatcher::Start() { loop_->Start(); }
void Dispatcher::Drain(absl::Time until, std::function<void()> done) {
  loop_->WhenIdle(until, std::move(done));
}
void Dispatcher::Stop() { loop_->Stop(); }

void Dispatcher::OnCommit(const std::shared_ptr<const store::CommitRecord>& commit) {
  loop_->unsettled().Apply(*commit);
  loop_->Post([this, commit] {
    loop_->engine().Fold(*commit);
    FAILPOINT("delivery.folded");
  });
}

void Dispatcher::OpenSession(OpenRequest request, OpenCallback callback) {
  const uint64_t lane = store::LaneOf(request.service);
  auto opened = [this, lane, callback = std::move(callback)](OpenAnswer answer) {
    loop_->SetLane(answer.id, lane);
    if (callback) callback(std::move(answer));
  };
  loop_->Request(lane, 1,
                 [this, request = std::move(request), opened = std::move(opened)]() mutable {
                   loop_->engine().services().Open(std::move(request), opened);
                 });
}
void Dispatcher::AddCredit(SessionId session, uint32_t messages, uint64_t bytes) {
  loop_->Request(session,
                 [=, this] { loop_->engine().services().AddCredit(session, messages, bytes); });
}
void Dispatcher::WithdrawCredit(SessionId session) {
  loop_->Request(session, [=, this] { loop_->engine().services().WithdrawCredit(session); });
}
void Dispatcher::SetAlias(SessionId session, std::string service) {
  loop_->Request(session, [this, session, service = std::move(service)]() mutable {
    loop_->engine().services().SetAlias(session, std::move(service));
  });
}
void Dispatcher::DrainSession(SessionId session) {
  loop_->Request(session, [=, this] { loop_->engine().services().StopTaking(session); });
}
void Dispatcher::CloseSession(SessionId session, CloseKind kind) {
  loop_->Request(session, [=, this] {
    loop_->engine().CloseSession(session, kind);
    loop_->ForgetLane(session);
  });
}

void Dispatcher::Settle(std::string service, std::vector<SettlementRequest> settlements,
                        SettleCallback callback) {
  const uint64_t lane = store::LaneOf(service);
  const size_t cost = settlements.size();
  loop_->Request(lane, cost,
                 [this, service = std::move(service), settlements = std::move(settlements),
                  callback = std::move(callback)]() mutable {
                   loop_->engine().settlements().Settle(service, std::move(settlements),
                                                        std::move(callback));
                 });
}
void Dispatcher::Extend(std::string service, std::vector<ExtendRequest> items,
                        ExtendCallback callback) {
  const uint64_t lane = store::LaneOf(service);
  const size_t cost = items.size();
  loop_->Request(lane, cost,
                 [this, service = std::move(service), items = std::move(items),
                  callback = std::move(callback)]() mutable {
                   loop_->engine().settlements().Extend(service, items, callback);
                 });
}
void Dispatcher::Pull(PullOptions options, PullCallback callback) {
  const uint64_t lane = store::LaneOf(options.service);
  loop_->Request(lane, 1,
                 [this, options = std::move(options), callback = std::move(callback)]() mutable {
                   loop_->engine().services().Pull(std::move(options), std::move(callback));
                 });
}

uint64_t Dispatcher::unsettled(TargetId target) const { return loop_->unsettled().Get(target); }
LowWater Dispatcher::low_water(BusId bus) const {
  return loop_->Ask<LowWater>([this, bus] { return loop_->engine().LowWaterOf(bus); });
}
std::vector<TargetStats> Dispatcher::CollectTargetStats() const {
  return loop_->Ask<std::vector<TargetStats>>(
      [this] { return loop_->engine().CollectTargetStats(); });
}
std::vector<ServiceStats> Dispatcher::CollectServiceStats() const {
  return loop_->Ask<std::vector<ServiceStats>>(
      [this] { return loop_->engine().CollectServiceStats(); });
}

}  // namespace pavane::delivery
