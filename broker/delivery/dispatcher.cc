#include "delivery/dispatcher.h"

#include <atomic>
#include <deque>
#include <future>
#include <thread>
#include <utility>

#include "absl/functional/any_invocable.h"

#include "base/bounded_queue.h"
#include "base/failpoint.h"
#include "base/thread.h"
#include "delivery/engine.h"
#include "delivery/loop_context.h"
#include "delivery/unsettled_counts.h"

namespace pavane::delivery {
namespace {

// Work waiting for the loop. Producers wait when it is full: the writer, and with it everybody,
// becomes as slow as the loop.
constexpr size_t kInboxMax = 1 << 18;

}  // namespace

/// The thread around the Engine: an inbox of work, drained in batches, then one round of handing
/// out.
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

  /// False when the loop has ended: the work is dropped. The loop's own work never waits for a
  /// place in the inbox, since nobody else empties it.
  bool Post(Work work) {
    if (std::this_thread::get_id() == thread_id_.load(std::memory_order_relaxed)) {
      own_work_.push_back(std::move(work));
      return true;
    }
    return inbox_.Push(std::move(work));
  }

  void Start() {
    running_ = true;
    thread_ = Thread("delivery", [this] { Run(); });
  }

  void Stop() {
    if (running_.exchange(false)) {
      Post([this] { engine_.Checkpoint(); });
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
  void Run() {
    thread_id_ = std::this_thread::get_id();
    std::deque<Work> work;
    MonotonicTime wake = Round();
    while (inbox_.PopAll(work, drained_ ? std::min(wake, drain_deadline_) : wake)) {
      context_.ReadClock();
      for (Work& item : work) item();
      wake = Round();
      CheckDrained();
    }
  }

  MonotonicTime Round() {
    MonotonicTime wake;
    do {
      context_.ReadClock();
      for (Work& item : std::exchange(own_work_, {})) item();
      engine_.Pump();
      wake = engine_.Tick();  // answers waiting pulls, so after what they could get
      engine_.Pump();
    } while (!own_work_.empty());
    return wake;
  }

  void CheckDrained() {
    if (!drained_) return;
    if (engine_.in_flight() > 0 && context_.clock.MonotonicNow() < drain_deadline_) return;
    std::exchange(drained_, nullptr)();
  }

  BoundedQueue<Work> inbox_;
  UnsettledCounts unsettled_;
  std::atomic<bool> running_ = false;
  std::atomic<std::thread::id> thread_id_;

  // Loop thread only.
  std::vector<Work> own_work_;
  LoopContext context_;
  Engine engine_;
  std::function<void()> drained_;
  MonotonicTime drain_deadline_;

  Thread thread_;
};

Dispatcher::Dispatcher(store::Log& log, Clock& clock, Random& random, Options options)
    : loop_(std::make_unique<Loop>(log, clock, random, std::move(options))) {}
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
  loop_->Post([this, request = std::move(request), callback = std::move(callback)]() mutable {
    loop_->engine().services().Open(std::move(request), callback);
  });
}
void Dispatcher::AddCredit(SessionId session, uint32_t messages, uint64_t bytes) {
  loop_->Post([=, this] { loop_->engine().services().AddCredit(session, messages, bytes); });
}
void Dispatcher::WithdrawCredit(SessionId session) {
  loop_->Post([=, this] { loop_->engine().services().WithdrawCredit(session); });
}
void Dispatcher::SetAlias(SessionId session, std::string service) {
  loop_->Post([this, session, service = std::move(service)]() mutable {
    loop_->engine().services().SetAlias(session, std::move(service));
  });
}
void Dispatcher::DrainSession(SessionId session) {
  loop_->Post([=, this] { loop_->engine().services().StopTaking(session); });
}
void Dispatcher::CloseSession(SessionId session, CloseKind kind) {
  loop_->Post([=, this] { loop_->engine().CloseSession(session, kind); });
}

void Dispatcher::Settle(std::string service, std::vector<SettlementRequest> settlements,
                        SettleCallback callback) {
  loop_->Post([this, service = std::move(service), settlements = std::move(settlements),
               callback = std::move(callback)]() mutable {
    loop_->engine().settlements().Settle(service, std::move(settlements), std::move(callback));
  });
}
void Dispatcher::Extend(std::string service, std::vector<ExtendRequest> items,
                        ExtendCallback callback) {
  loop_->Post([this, service = std::move(service), items = std::move(items),
               callback = std::move(callback)]() mutable {
    loop_->engine().settlements().Extend(service, items, callback);
  });
}
void Dispatcher::Pull(PullOptions options, PullCallback callback) {
  loop_->Post([this, options = std::move(options), callback = std::move(callback)]() mutable {
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
