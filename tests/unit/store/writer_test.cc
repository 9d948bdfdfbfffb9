#include "store/writer.h"

#include <future>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/failpoint.h"
#include "base/manual_clock.h"
#include "base/mutex.h"
#include "store/catalog.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"
#include "tests/unit/store/store_fixture.h"
#include "tests/unit/store/store_ids.h"

namespace pavane::store {
namespace {

using ::pavane::testing::IsOk;
using ::pavane::testing::StatusIs;
using ::pavane::testing::TempDir;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

// Keeps the commits and, in one list with the completions, their order.
class Recorder : public CommitObserver {
 public:
  void OnCommit(const std::shared_ptr<const CommitRecord>& commit) override {
    MutexLock lock(mu_);
    commits_.push_back(commit);
    happened_.push_back(absl::StrCat("commit ", commit->position.value()));
  }
  void Note(std::string what) {
    MutexLock lock(mu_);
    happened_.push_back(std::move(what));
  }
  std::vector<std::shared_ptr<const CommitRecord>> commits() {
    MutexLock lock(mu_);
    return commits_;
  }
  std::vector<std::string> happened() {
    MutexLock lock(mu_);
    return happened_;
  }

 private:
  Mutex mu_;
  std::vector<std::shared_ptr<const CommitRecord>> commits_;
  std::vector<std::string> happened_;
};

class WriterTest : public ::testing::Test {
 protected:
  void SetUp() override {
    OpenLog();
    Create();
  }
  void OpenLog() {
    Log::Options options;
    options.directory = dir_.path();
    auto log = Log::Open(options);
    ASSERT_OK(log);
    log_ = *std::move(log);
  }
  void Create() {
    Writer::Observers observers;
    observers.commits = &recorder_;
    observers.on_failure = [this](const absl::Status& status) { failures_.push_back(status); };
    observers.on_append = [this](size_t transactions, absl::Duration) {
      groups_.push_back(transactions);
    };
    observers.on_full = [this] { ++times_full_; };
    auto writer = Writer::Create(*log_, clock_, options_, observers);
    ASSERT_OK(writer);
    writer_ = *std::move(writer);
  }
  void Reopen() {
    writer_.reset();
    log_.reset();
    OpenLog();
    Create();
  }

  using Prepare = FunctionTransaction::PrepareFunction;
  std::future<absl::Status> Submit(Prepare prepare, const std::string& name = "",
                                   uint64_t lane = kBrokerLane) {
    auto done = std::make_shared<std::promise<absl::Status>>();
    std::future<absl::Status> future = done->get_future();
    auto function = std::make_unique<FunctionTransaction>(
        std::move(prepare), [this, done, name](const absl::Status& status) {
          if (!name.empty()) recorder_.Note(absl::StrCat(name, status.ok() ? " ok" : " failed"));
          done->set_value(status);
        });
    function->lane_ = lane;
    std::unique_ptr<Transaction> transaction = std::move(function);
    EXPECT_TRUE(writer_->Submit(transaction));
    return future;
  }
  absl::Status Run(Prepare prepare) {
    std::future<absl::Status> done = Submit(std::move(prepare));
    writer_->Start();
    const absl::Status status = done.get();
    writer_->Stop();
    Create();
    return status;
  }
  static Prepare Publish(const std::string& id, std::vector<TargetId> targets = {},
                         AppendResult* result = nullptr) {
    return [=](CommitBuilder& commit) {
      const AppendResult appended = commit.AppendEvent(NewEvent(kBus, id), targets);
      if (result != nullptr) *result = appended;
      return absl::OkStatus();
    };
  }

  TempDir dir_;
  ManualClock clock_;
  Writer::Options options_;
  Recorder recorder_;
  std::vector<absl::Status> failures_;
  std::vector<size_t> groups_;
  int times_full_ = 0;
  std::unique_ptr<Log> log_;
  std::unique_ptr<Writer> writer_;
};

TEST_F(WriterTest, WhatWaitsBecomesOneCommitAndIsAnsweredAfterIt) {
  Submit(Publish("a"), "a");
  Submit(Publish("b"), "b");
  auto last = Submit(Publish("c"), "c");
  EXPECT_EQ(writer_->queued(), 3);
  writer_->Start();
  EXPECT_OK(last.get());
  writer_->Stop();
  EXPECT_THAT(recorder_.happened(), ElementsAre("commit 1", "a ok", "b ok", "c ok"));
  EXPECT_THAT(groups_, ElementsAre(3));
  EXPECT_EQ(writer_->queued(), 0);
  EXPECT_EQ(writer_->last_position(), Position(1));
  EXPECT_THAT(log_->EventRange(kBus), Pair(Sequence(1), Sequence(3)));
}

TEST_F(WriterTest, GroupsKeepTheirBounds) {
  writer_.reset();
  options_.commit_entries_max = 2;
  Create();
  for (int i = 0; i < 4; ++i) Submit(Publish(absl::StrCat("e", i)));
  auto last = Submit(Publish("last"));
  writer_->Start();
  EXPECT_OK(last.get());
  writer_->Stop();
  EXPECT_THAT(groups_, ElementsAre(2, 2, 1));
}

// The bound is smaller while others wait, and each has its share of a group.
TEST_F(WriterTest, LanesShareTheGroups) {
  writer_.reset();
  options_.shared_commit_bytes_max = 64 << 10;
  Create();
  for (int i = 0; i < 1000; ++i) Submit(Publish(absl::StrCat("e", i)), "", 7);
  auto last = Submit(Publish("last"), "last", 7);
  auto other = Submit(Publish("other"), "other", 9);
  writer_->Start();
  EXPECT_OK(other.get());
  EXPECT_OK(last.get());
  writer_->Stop();
  EXPECT_THAT(recorder_.happened(), ElementsAre("commit 1", "other ok", "commit 2", "last ok"));
  EXPECT_THAT(groups_, ElementsAre((64 << 10) / 256, 1002 - (64 << 10) / 256));
}

TEST_F(WriterTest, EventsAreNumberedAndStamped) {
  AppendResult first;
  AppendResult second;
  Submit(Publish("a", {kTarget}, &first));
  auto last = Submit(Publish("b", {}, &second));
  writer_->Start();
  EXPECT_OK(last.get());
  writer_->Stop();
  EXPECT_EQ(first.event, (event::EventRef{kBus, Sequence(1)}));
  EXPECT_EQ(second.event, (event::EventRef{kBus, Sequence(2)}));
  const auto commit = recorder_.commits().at(0);
  EXPECT_EQ(commit->time_us, absl::ToUnixMicros(clock_.Now()));
  EXPECT_EQ(commit->events[1].event->accepted_us, commit->time_us);
  EXPECT_THAT(commit->events[0].targets, ElementsAre(kTarget));
}

TEST_F(WriterTest, RecordedTimeNeverFalls) {
  EXPECT_OK(Run(Publish("a")));
  const int64_t first_us = writer_->last_time_us();
  clock_.SetWall(clock_.Now() - absl::Hours(1));
  EXPECT_OK(Run(Publish("b")));
  EXPECT_EQ(writer_->last_time_us(), first_us + 1);
  Reopen();
  EXPECT_OK(Run(Publish("c")));
  EXPECT_EQ(writer_->last_time_us(), first_us + 2);
}

TEST_F(WriterTest, ADuplicateGetsTheFirstAnswerAlsoAfterAStart) {
  AppendResult first;
  AppendResult same_batch;
  Submit(Publish("a", {kTarget}, &first));
  auto last = Submit(Publish("a", {kTarget}, &same_batch));
  writer_->Start();
  EXPECT_OK(last.get());
  writer_->Stop();
  EXPECT_FALSE(first.duplicate);
  EXPECT_TRUE(same_batch.duplicate);
  EXPECT_EQ(same_batch.event, first.event);
  EXPECT_EQ(same_batch.matched_rules, first.matched_rules);
  Reopen();
  AppendResult later;
  clock_.Advance(absl::Minutes(9));
  EXPECT_OK(Run(Publish("a", {}, &later)));
  EXPECT_TRUE(later.duplicate);
  EXPECT_EQ(later.event, first.event);
  EXPECT_EQ(log_->last_position(), Position(1)) << "nothing to commit";
  Reopen();
  clock_.Advance(absl::Minutes(2));
  EXPECT_OK(Run(Publish("a", {}, &later)));
  EXPECT_FALSE(later.duplicate) << "the window is 10 minutes";
}

TEST_F(WriterTest, ABusSaysHowItIsDeduplicated) {
  BusEntry bus{kBus, {}};
  bus.bus.set_name("b");
  bus.bus.mutable_dedup_window()->set_seconds(0);
  EXPECT_OK(Run([&](CommitBuilder& commit) {
    commit.ChangeCatalog(EncodeBus(bus));
    return absl::OkStatus();
  }));
  for (const bool reopened : {false, true}) {
    if (reopened) Reopen();
    AppendResult result;
    EXPECT_OK(Run(Publish("a")));
    EXPECT_OK(Run(Publish("a", {}, &result)));
    EXPECT_FALSE(result.duplicate);
  }
  bus.bus.mutable_dedup_window()->set_seconds(3600);
  EXPECT_OK(Run([&](CommitBuilder& commit) {
    commit.ChangeCatalog(EncodeBus(bus));
    return absl::OkStatus();
  }));
  Reopen();
  AppendResult result;
  EXPECT_OK(Run(Publish("x")));
  clock_.Advance(absl::Minutes(50));
  Reopen();
  EXPECT_OK(Run(Publish("x", {}, &result)));
  EXPECT_TRUE(result.duplicate);
}

TEST_F(WriterTest, AFailedTransactionLeavesNothingBehind) {
  std::vector<absl::Status> seen;
  const uint64_t version = writer_->catalog_version().value();
  AppendResult after;
  AppendResult again;
  Submit(Publish("before", {kTarget}), "before");
  Submit(
      [&](CommitBuilder& commit) {
        commit.AppendEvent(NewEvent(kBus, "gone"), {kTarget, TargetId(11)});
        commit.AppendEvent(NewEvent(BusId(2), "gone"), {});
        commit.Settle({});
        commit.PutException(MakeException(kTarget, {kBus, Sequence(1)}, 5));
        commit.EraseException(MakeException(kTarget, {kBus, Sequence(1)}, 5));
        commit.PutDeadLetter(MakeLetter(kTarget, {kBus, Sequence(1)}, 0));
        EXPECT_TRUE(commit.EraseDeadLetter(MakeLetter(kTarget, {kBus, Sequence(1)}, 7)));
        BusEntry bus{kBus, {}};
        bus.bus.mutable_dedup_window()->set_seconds(0);
        commit.ChangeCatalog(EncodeBus(bus));
        EXPECT_EQ(commit.catalog_version().value(), version + 1);
        EXPECT_EQ(commit.dispatched(kTarget), 2);
        return absl::InvalidArgumentError("no");
      },
      "bad");
  auto last = Submit(
      [&](CommitBuilder& commit) {
        EXPECT_EQ(commit.catalog_version().value(), version);
        EXPECT_EQ(commit.dispatched(kTarget), 1);
        EXPECT_EQ(commit.dispatched(TargetId(11)), 0);
        EXPECT_TRUE(commit.catalog_changes().empty());
        EXPECT_TRUE(commit.EraseDeadLetter(MakeLetter(kTarget, {kBus, Sequence(1)}, 7)));
        EXPECT_FALSE(commit.EraseDeadLetter(MakeLetter(kTarget, {kBus, Sequence(1)}, 7)));
        after = commit.AppendEvent(NewEvent(kBus, "gone"), {});
        again = commit.AppendEvent(NewEvent(kBus, "gone"), {});
        return absl::OkStatus();
      },
      "after");
  writer_->Start();
  EXPECT_OK(last.get());
  writer_->Stop();
  EXPECT_THAT(recorder_.happened(), ElementsAre("commit 1", "before ok", "bad failed", "after ok"));
  EXPECT_FALSE(after.duplicate);
  EXPECT_TRUE(again.duplicate) << "the policy is as before";
  EXPECT_EQ(after.event.sequence, Sequence(2));
  const auto commit = recorder_.commits().at(0);
  EXPECT_EQ(commit->events.size(), 2);
  EXPECT_TRUE(commit->settlements.empty());
  EXPECT_TRUE(commit->exceptions.empty());
  EXPECT_TRUE(commit->exceptions_erased.empty());
  EXPECT_TRUE(commit->dead_letters.empty());
  EXPECT_EQ(commit->dead_letters_erased.size(), 1);
  EXPECT_TRUE(commit->catalog.empty());
}

TEST_F(WriterTest, WhatIsToBeFilledInIsKeptUntilItIsDone) {
  FillRecord fill{kTarget, kBus, Sequence(1), Sequence(9), 5};
  const FillRecord other{TargetId(11), kBus, Sequence(2), Sequence(2)};
  ExceptionRecord filled = MakeException(kTarget, {kBus, Sequence(1)}, 5);
  filled.kind = ExceptionRecord::Kind::kFilled;
  EXPECT_OK(Run([&](CommitBuilder& commit) {
    EXPECT_EQ(commit.last_sequence(kBus), Sequence());
    commit.AppendEvent(NewEvent(kBus, "a"), {});
    EXPECT_EQ(commit.last_sequence(kBus), Sequence(1));
    commit.PutFill(fill);
    commit.PutFill(other);
    commit.PutException(filled);
    EXPECT_EQ(commit.dispatched(kTarget), 1);
    return absl::OkStatus();
  }));
  Reopen();
  fill.next = Sequence(4);
  Submit([&](CommitBuilder& commit) {
    commit.PutFill(fill);
    commit.PutFill({kTarget, kBus, Sequence(10), Sequence(9)});
    commit.PutException(filled);
    return absl::InvalidArgumentError("no");
  });
  EXPECT_OK(Run([&](CommitBuilder& commit) {
    EXPECT_EQ(commit.dispatched(kTarget), 0);
    EXPECT_EQ(commit.FindFill(kTarget)->next, Sequence(1)) << "what failed is taken back";
    commit.PutFill(fill);
    EXPECT_EQ(commit.FindFill(kTarget), fill);
    commit.PutFill({TargetId(11), kBus, Sequence(3), Sequence(2)});
    EXPECT_EQ(commit.FindFill(TargetId(11)), std::nullopt);
    return absl::OkStatus();
  }));
  Reopen();
  ASSERT_OK_AND_ASSIGN(const auto fills, log_->ReadFills());
  EXPECT_THAT(fills, ElementsAre(fill));
}

TEST_F(WriterTest, AGroupOfFailuresCommitsNothing) {
  EXPECT_THAT(Run([](CommitBuilder& commit) {
                commit.AppendEvent(NewEvent(kBus, "a"), {});
                return absl::InvalidArgumentError("no");
              }),
              StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_EQ(log_->last_position(), Position());
  EXPECT_TRUE(recorder_.commits().empty());
}

TEST_F(WriterTest, DeadLetterIdsAreUniqueOverCommits) {
  std::vector<uint64_t> ids;
  for (int i = 0; i < 2; ++i) {
    EXPECT_OK(Run([&](CommitBuilder& commit) {
      for (int j = 0; j < 2; ++j) {
        ids.push_back(commit.PutDeadLetter(MakeLetter(kTarget, {kBus, Sequence(1)}, 0)));
      }
      return absl::OkStatus();
    }));
  }
  EXPECT_THAT(ids, ElementsAre(1 << 20, (1 << 20) + 1, 2 << 20, (2 << 20) + 1));
}

TEST_F(WriterTest, PublishesLeaveTheReservedShare) {
  writer_.reset();
  options_.queue_entries_max = 4;
  options_.reserved_share = 0.5;
  Create();
  const auto try_submit = [&](bool reserved, size_t bytes) {
    auto own = std::make_unique<FunctionTransaction>(Publish("e"), nullptr);
    own->reserved_ = reserved;
    own->bytes_ = bytes;
    std::unique_ptr<Transaction> transaction = std::move(own);
    const bool accepted = writer_->Submit(transaction);
    EXPECT_EQ(accepted, transaction == nullptr);
    return accepted;
  };
  EXPECT_TRUE(try_submit(false, 100));
  EXPECT_TRUE(try_submit(false, 100));
  EXPECT_FALSE(try_submit(false, 100));
  EXPECT_TRUE(try_submit(true, 100));
  EXPECT_FALSE(try_submit(true, options_.queue_bytes_max));
  EXPECT_TRUE(try_submit(true, 100));
  EXPECT_FALSE(try_submit(true, 100));
  EXPECT_EQ(times_full_, 3);
}

TEST_F(WriterTest, StopCommitsWhatWaitsAndTakesNoMore) {
  auto waiting = Submit(Publish("a"));
  writer_->Start();
  writer_->Stop();
  EXPECT_OK(waiting.get());
  std::unique_ptr<Transaction> late = std::make_unique<FunctionTransaction>(Publish("b"), nullptr);
  EXPECT_FALSE(writer_->Submit(late));
  EXPECT_NE(late, nullptr);
  EXPECT_EQ(times_full_, 0);
}

TEST_F(WriterTest, WithoutAStartWhatWaitsIsRefused) {
  auto waiting = Submit(Publish("a"));
  writer_->Stop();
  EXPECT_THAT(waiting.get(), StatusIs(absl::StatusCode::kUnavailable));
}

TEST_F(WriterTest, AfterAFailedAppendNothingSucceedsAnyMore) {
  if (!failpoint::kEnabled) GTEST_SKIP() << "built without fail points";
  EXPECT_OK(Run(Publish("kept")));
  for (const char* point : {"store.before_append", "store.after_write"}) {
    SCOPED_TRACE(point);
    failures_.clear();
    Reopen();
    const Position before = writer_->last_position();
    {
      failpoint::ScopedFailure failure(point, absl::InternalError("injected"));
      auto invalid =
          Submit([](CommitBuilder&) { return absl::InvalidArgumentError("its own error"); });
      auto hit = Submit(Publish(absl::StrCat("hit ", point)));
      writer_->Start();
      EXPECT_THAT(invalid.get(), StatusIs(absl::StatusCode::kInvalidArgument));
      EXPECT_THAT(hit.get(), StatusIs(absl::StatusCode::kUnavailable, HasSubstr("injected")));
    }
    // The cause is gone; the writer does not go on over an unknown state of the disk.
    EXPECT_THAT(Submit(Publish("later")).get(), StatusIs(absl::StatusCode::kUnavailable));
    EXPECT_THAT(failures_, ElementsAre(StatusIs(absl::StatusCode::kInternal)));
    EXPECT_EQ(writer_->last_position(), before);
    writer_->Stop();
  }
  EXPECT_EQ(recorder_.commits().size(), 1);
}

TEST_F(WriterTest, WhatWasSeenLiveIsWhatIsReplayed) {
  for (int i = 0; i < 3; ++i) {
    EXPECT_OK(Run([&](CommitBuilder& commit) {
      commit.AppendEvent(NewEvent(kBus, absl::StrCat("e", i)), {kTarget, TargetId(11)});
      SettlementRecord settlement;
      settlement.ref = {kTarget, {kBus, Sequence(i + 1)}};
      settlement.token = 77 + i;
      settlement.emitted = {{{kBus, Sequence(9)}, 1, true, "id"}};
      commit.Settle(settlement);
      return absl::OkStatus();
    }));
  }
  Reopen();
  const auto live = recorder_.commits();
  size_t index = 0;
  ASSERT_OK(log_->ReplayCommits(Position(), [&](const CommitRecord& replayed) {
    const CommitRecord& seen = *live.at(index++);
    EXPECT_EQ(replayed.position, seen.position);
    EXPECT_EQ(replayed.time_us, seen.time_us);
    EXPECT_EQ(replayed.catalog_version, seen.catalog_version);
    EXPECT_EQ(replayed.events[0].event->ref, seen.events[0].event->ref);
    EXPECT_EQ(replayed.events[0].event->accepted_us, seen.events[0].event->accepted_us);
    EXPECT_EQ(replayed.events[0].event->matched_rules, seen.events[0].event->matched_rules);
    EXPECT_EQ(replayed.events[0].targets, seen.events[0].targets);
    EXPECT_EQ(replayed.settlements[0].token, seen.settlements[0].token);
    EXPECT_EQ(replayed.settlements[0].emitted[0].event_id, "id");
    return absl::OkStatus();
  }));
  EXPECT_EQ(index, 3);
}

TEST_F(WriterTest, TellsWhenTheDiskIsNearlyFull) {
  writer_.reset();
  uint64_t free = 100;
  options_.soft_floor_bytes = 50;
  options_.hard_floor_bytes = 10;
  options_.free_bytes = [&] { return free; };
  Create();
  EXPECT_FALSE(writer_->below_soft_floor());
  free = 20;
  clock_.Advance(absl::Seconds(2));
  EXPECT_TRUE(writer_->below_soft_floor());
  EXPECT_FALSE(writer_->below_hard_floor());
}

}  // namespace
}  // namespace pavane::store
