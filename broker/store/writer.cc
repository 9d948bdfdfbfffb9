#include "store/writer.h"

#include <algorithm>
#include <atomic>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"

#include "base/failpoint.h"
#include "base/fair_queue.h"
#include "base/log.h"
#include "base/mutex.h"
#include "base/status_macros.h"
#include "base/thread.h"
#include "store/answer_thread.h"
#include "store/commit_builder_state.h"
#include "store/disk_floor.h"

namespace pavane::store {

namespace {

// Some fifty events.
constexpr size_t kTurnBytes = 32 << 10;

}  // namespace

class Writer::Impl {
 public:
  Impl(Log& log, Clock& clock, Options options, Observers observers)
      : log_(log),
        clock_(clock),
        options_(std::move(options)),
        observers_(std::move(observers)),
        floor_(clock, FloorOptions(log, options_)),
        answers_([this](size_t entries, size_t bytes) { Leave(entries, bytes); }),
        work_(kTurnBytes),
        state_(options_.dedup) {}
  ~Impl() { Stop(); }

  absl::Status Load();
  void Start() ABSL_LOCKS_EXCLUDED(mu_);
  void Stop() ABSL_LOCKS_EXCLUDED(mu_);
  bool Submit(std::unique_ptr<Transaction>& transaction) ABSL_LOCKS_EXCLUDED(mu_);
  size_t queued() const ABSL_LOCKS_EXCLUDED(mu_) {
    MutexLock lock(mu_);
    return waiting_entries_;
  }
  DiskFloor& floor() { return floor_; }
  int64_t last_time_us() const { return last_time_us_.load(std::memory_order_acquire); }
  Position last_position() const {
    return Position(last_position_.load(std::memory_order_acquire));
  }
  CatalogVersion catalog_version() const {
    return CatalogVersion(catalog_version_.load(std::memory_order_acquire));
  }

 private:
  using Queue = std::vector<std::unique_ptr<Transaction>>;
  using Prepared = AnswerThread::Answer;

  static DiskFloor::Options FloorOptions(const Log& log, const Options& options);
  bool HasRoom(size_t bytes, bool reserved) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void Run();
  bool AwaitWork() ABSL_LOCKS_EXCLUDED(mu_);
  void TakeArrived() ABSL_LOCKS_EXCLUDED(mu_);
  void CommitGroup();
  size_t PrepareGroup();
  size_t GroupBytesMax() const;
  absl::Status Append(const std::shared_ptr<const CommitRecord>& commit);
  void Fail(const absl::Status& status);
  // While more work waits, those that only answer go `beside`, if that is wanted.
  void CompleteGroup(size_t bytes, bool beside) ABSL_LOCKS_EXCLUDED(mu_);
  void Leave(size_t entries, size_t bytes) ABSL_LOCKS_EXCLUDED(mu_);
  void Publish();

  Log& log_;
  Clock& clock_;
  const Options options_;
  const Observers observers_;

  DiskFloor floor_;
  std::atomic<int64_t> last_time_us_{0};
  std::atomic<uint64_t> last_position_{0};
  std::atomic<uint64_t> catalog_version_{0};

  mutable Mutex mu_;
  CondVar work_came_;
  Queue queue_ ABSL_GUARDED_BY(mu_);
  // Not yet completed: in the queue, or with the thread.
  size_t waiting_entries_ ABSL_GUARDED_BY(mu_) = 0;
  size_t waiting_bytes_ ABSL_GUARDED_BY(mu_) = 0;
  bool idle_ ABSL_GUARDED_BY(mu_) = false;
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;

  AnswerThread answers_;

  // Writer thread only.
  FairQueue<std::unique_ptr<Transaction>> work_;
  Queue arrived_;  // on its way from queue_ to work_
  CommitBuilder::State state_;
  absl::Status failure_;
  std::vector<Prepared> group_;

  Thread thread_;
};

DiskFloor::Options Writer::Impl::FloorOptions(const Log& log, const Options& options) {
  DiskFloor::Options floor;
  floor.soft_bytes = options.soft_floor_bytes;
  floor.hard_bytes = options.hard_floor_bytes;
  if (floor.soft_bytes == 0 && floor.hard_bytes == 0) return floor;
  floor.free_bytes = options.free_bytes;
  if (!floor.free_bytes) floor.free_bytes = [&log] { return log.FreeBytes(); };
  return floor;
}

absl::Status Writer::Impl::Load() {
  RETURN_IF_ERROR(state_.Load(log_, absl::ToUnixMicros(clock_.Now())));
  last_time_us_ = log_.last_time_us();
  Publish();
  return absl::OkStatus();
}

void Writer::Impl::Start() {
  answers_.Start();
  thread_ = Thread("writer", [this] { Run(); });
}

void Writer::Impl::Stop() {
  {
    MutexLock lock(mu_);
    stopping_ = true;
    work_came_.NotifyAll();
  }
  thread_.Join();
  answers_.Stop();
  // Only if it never ran.
  Queue left;
  {
    MutexLock lock(mu_);
    left.swap(queue_);
    waiting_entries_ -= left.size();
  }
  for (auto& transaction : left) {
    transaction->Complete(absl::UnavailableError("the broker is stopping"));
  }
}

bool Writer::Impl::HasRoom(size_t bytes, bool reserved) const {
  const double share = reserved ? 1.0 : 1.0 - options_.reserved_share;
  const auto entries_max = static_cast<size_t>(share * options_.queue_entries_max);
  const auto bytes_max = static_cast<size_t>(share * options_.queue_bytes_max);
  if (waiting_entries_ == 0) return true;  // even what is larger than the whole queue
  return waiting_entries_ < entries_max && waiting_bytes_ + bytes <= bytes_max;
}

bool Writer::Impl::Submit(std::unique_ptr<Transaction>& transaction) {
  const size_t bytes = transaction->bytes();
  const bool reserved = transaction->reserved();
  {
    MutexLock lock(mu_);
    if (stopping_) return false;
    if (HasRoom(bytes, reserved)) {
      ++waiting_entries_;
      waiting_bytes_ += bytes;
      queue_.push_back(std::move(transaction));
      if (idle_) work_came_.NotifyOne();
      return true;
    }
  }
  if (observers_.on_full) observers_.on_full();
  return false;
}

void Writer::Impl::Run() {
  while (AwaitWork()) {
    for (TakeArrived(); !work_.empty(); TakeArrived()) CommitGroup();
  }
}

bool Writer::Impl::AwaitWork() {
  MutexLock lock(mu_);
  idle_ = true;
  while (queue_.empty() && !stopping_) work_came_.Wait(mu_);
  idle_ = false;
  return !queue_.empty();
}

void Writer::Impl::TakeArrived() {
  {
    MutexLock lock(mu_);
    arrived_.swap(queue_);
  }
  for (std::unique_ptr<Transaction>& transaction : arrived_) {
    const uint64_t lane = transaction->lane();
    const size_t bytes = transaction->bytes();
    work_.Add(lane, bytes, std::move(transaction));
  }
  arrived_.clear();
}

size_t Writer::Impl::GroupBytesMax() const {
  if (work_.lanes() < 2) return options_.commit_bytes_max;
  return std::min(options_.shared_commit_bytes_max, options_.commit_bytes_max);
}

void Writer::Impl::CommitGroup() {
  size_t bytes = PrepareGroup();
  FAILPOINT("store.group_prepared");
  if (failure_.ok() && !state_.empty()) {
    const std::shared_ptr<const CommitRecord> commit = state_.Finish();
    if (FAILPOINT_LIES("store.answers_early")) CompleteGroup(std::exchange(bytes, 0), false);
    const absl::Status appended = Append(commit);
    if (!appended.ok()) {
      Fail(appended);
    } else {
      last_time_us_.store(commit->time_us, std::memory_order_release);
      Publish();
      if (observers_.commits != nullptr) observers_.commits->OnCommit(commit);
    }
  }
  FAILPOINT("store.before_complete");
  CompleteGroup(bytes, true);
}

size_t Writer::Impl::PrepareGroup() {
  const size_t bytes_max = GroupBytesMax();
  size_t bytes = 0;
  group_.clear();
  if (failure_.ok()) state_.Begin(absl::ToUnixMicros(clock_.Now()));
  CommitBuilder builder(&state_);
  while (!work_.empty() && group_.size() < options_.commit_entries_max) {
    const size_t more = work_.next_cost();
    if (!group_.empty() && bytes + more > bytes_max) break;
    bytes += more;
    Prepared& prepared = group_.emplace_back();
    prepared.transaction = work_.Take();
    if (!failure_.ok()) {
      prepared.status = failure_;
      continue;
    }
    state_.Mark();
    prepared.status = prepared.transaction->Prepare(builder);
    if (!prepared.status.ok()) state_.RollBack();
  }
  return bytes;
}

absl::Status Writer::Impl::Append(const std::shared_ptr<const CommitRecord>& commit) {
  const MonotonicTime start = clock_.MonotonicNow();
  RETURN_IF_ERROR(log_.Append(*commit));
  if (observers_.on_append) {
    observers_.on_append(group_.size(), clock_.MonotonicNow() - start);
  }
  return absl::OkStatus();
}

void Writer::Impl::Fail(const absl::Status& status) {
  LOG_ERROR("the store has failed, nothing more is accepted", {{"error", status}});
  if (observers_.on_failure) observers_.on_failure(status);
  failure_ = absl::UnavailableError(absl::StrCat("the store has failed: ", status.message()));
  for (Prepared& prepared : group_) {
    if (prepared.status.ok()) prepared.status = failure_;
  }
}

void Writer::Impl::CompleteGroup(size_t bytes, bool beside) {
  AnswerThread::Answers answers;
  size_t here = 0;
  for (Prepared& prepared : group_) {
    if (prepared.transaction->answers_only()) {
      answers.push_back(std::move(prepared));
      continue;
    }
    prepared.transaction->Complete(prepared.status);
    ++here;
    FAILPOINT("store.one_completed");
  }
  group_.clear();
  bool more_waits = false;
  {
    MutexLock lock(mu_);
    waiting_entries_ -= here;
    more_waits = beside && (!work_.empty() || !queue_.empty());
    if (answers.empty()) waiting_bytes_ -= bytes;
  }
  if (!answers.empty()) answers_.Take(std::move(answers), bytes, !more_waits);
}

void Writer::Impl::Leave(size_t entries, size_t bytes) {
  MutexLock lock(mu_);
  waiting_entries_ -= entries;
  waiting_bytes_ -= bytes;
}

void Writer::Impl::Publish() {
  last_position_.store(state_.position().value(), std::memory_order_release);
  catalog_version_.store(state_.catalog_version().value(), std::memory_order_release);
}

absl::StatusOr<std::unique_ptr<Writer>> Writer::Create(Log& log, Clock& clock, Options options,
                                                       Observers observers) {
  auto impl = std::make_unique<Impl>(log, clock, std::move(options), std::move(observers));
  RETURN_IF_ERROR(impl->Load());
  return std::unique_ptr<Writer>(new Writer(std::move(impl)));
}

Writer::Writer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Writer::~Writer() = default;

void Writer::Start() { impl_->Start(); }
void Writer::Stop() { impl_->Stop(); }
bool Writer::Submit(std::unique_ptr<Transaction>& transaction) {
  return impl_->Submit(transaction);
}
size_t Writer::queued() const { return impl_->queued(); }
bool Writer::below_soft_floor() const { return impl_->floor().below_soft(); }
bool Writer::below_hard_floor() const { return impl_->floor().below_hard(); }
int64_t Writer::last_time_us() const { return impl_->last_time_us(); }
Position Writer::last_position() const { return impl_->last_position(); }
CatalogVersion Writer::catalog_version() const { return impl_->catalog_version(); }

}  // namespace pavane::store
