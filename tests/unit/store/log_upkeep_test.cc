// Checkpoints, runs, retention.
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/log.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"
#include "tests/unit/store/store_fixture.h"
#include "tests/unit/store/store_ids.h"

namespace pavane::store {
namespace {

using ::pavane::testing::IsOkAndHolds;
using ::pavane::testing::StatusIs;
using ::pavane::testing::TempDir;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

constexpr int64_t kKeepAll = 0;
constexpr int64_t kKeepNone = INT64_MAX;

TargetState State(TargetId target, uint64_t watermark) {
  TargetState state;
  state.target = target;
  state.bus = kBus;
  state.watermark = Sequence(watermark);
  state.counters.created = 42;
  return state;
}

class LogUpkeepTest : public ::testing::Test {
 protected:
  void SetUp() override { Open(); }
  void Open() {
    log_.reset();
    Log::Options options;
    options.directory = dir_.path();
    options.tail_cache_bytes = 0;
    auto log = Log::Open(options);
    ASSERT_OK(log);
    log_ = *std::move(log);
    maker_ = CommitMaker(*log_);
  }
  void AppendEvents(int count, std::vector<TargetId> targets) {
    maker_.Begin();
    for (int i = 0; i < count; ++i) {
      maker_.Event(kBus, absl::StrCat("event-", ++made_), targets);
    }
    ASSERT_OK(log_->Append(maker_.commit()));
  }
  std::vector<uint64_t> Entries(TargetId target, uint64_t after, size_t max = 1000) {
    auto entries = log_->ReadTargetEntries(target, Sequence(after), max);
    EXPECT_OK(entries);
    std::vector<uint64_t> numbers;
    for (const TargetEntry& entry : *entries) numbers.push_back(entry.sequence.value());
    return numbers;
  }
  std::vector<uint64_t> ReplayedPositions(uint64_t after) {
    std::vector<uint64_t> positions;
    EXPECT_OK(log_->ReplayCommits(Position(after), [&](const CommitRecord& commit) {
      positions.push_back(commit.position.value());
      return absl::OkStatus();
    }));
    return positions;
  }

  TempDir dir_;
  std::unique_ptr<Log> log_;
  CommitMaker maker_;
  int made_ = 0;
};

TEST_F(LogUpkeepTest, EntriesAreTheSameBeforeAndAfterACheckpointAndAStart) {
  AppendEvents(3, {kTarget});
  AppendEvents(2, {TargetId(11)});
  AppendEvents(2, {kTarget, TargetId(11)});
  const auto expect = [&](const char* when) {
    SCOPED_TRACE(when);
    EXPECT_THAT(Entries(kTarget, 0), ElementsAre(1, 2, 3, 6, 7));
    EXPECT_THAT(Entries(TargetId(11), 0), ElementsAre(4, 5, 6, 7));
    EXPECT_THAT(Entries(kTarget, 2), ElementsAre(3, 6, 7));
    EXPECT_THAT(Entries(kTarget, 2, 2), ElementsAre(3, 6));
    EXPECT_THAT(Entries(kTarget, 7), IsEmpty());
    EXPECT_THAT(Entries(TargetId(12), 0), IsEmpty());
  };
  expect("in memory");
  EXPECT_EQ(log_->unmerged_entries(), 9);
  // A checkpoint of an earlier position merges what was dispatched until then.
  ASSERT_OK(log_->WriteCheckpoint(Position(2), {State(kTarget, 0)}, {}, kKeepAll));
  EXPECT_EQ(log_->unmerged_entries(), 4);
  expect("after a checkpoint of position 2");
  Open();
  EXPECT_EQ(log_->unmerged_entries(), 4);
  expect("after a start");
  ASSERT_OK(log_->WriteCheckpoint(Position(3), {}, {}, kKeepAll));
  EXPECT_EQ(log_->unmerged_entries(), 0);
  expect("after a checkpoint of all");
  Open();
  expect("after another start");
  AppendEvents(1, {kTarget});
  EXPECT_THAT(Entries(kTarget, 6), ElementsAre(7, 8));
}

TEST_F(LogUpkeepTest, WhatIsBelowTheWatermarkGoes) {
  AppendEvents(4, {kTarget});
  ASSERT_OK(log_->WriteCheckpoint(Position(1), {State(kTarget, 2)}, {}, kKeepAll));
  EXPECT_THAT(Entries(kTarget, 0), ElementsAre(3, 4));
  AppendEvents(2, {kTarget});
  ASSERT_OK(log_->WriteCheckpoint(Position(2), {State(kTarget, 4)}, {}, kKeepAll));
  EXPECT_THAT(Entries(kTarget, 0), ElementsAre(5, 6));
  Open();
  EXPECT_THAT(Entries(kTarget, 0), ElementsAre(5, 6));
}

TEST_F(LogUpkeepTest, AGoneTargetLeavesNothing) {
  AppendEvents(4, {kTarget});
  ASSERT_OK(log_->WriteCheckpoint(Position(1), {State(kTarget, 0)}, {}, kKeepAll));
  AppendEvents(2, {kTarget});
  ASSERT_OK(log_->WriteCheckpoint(Position(2), {}, {kTarget}, kKeepAll));
  EXPECT_THAT(Entries(kTarget, 0), IsEmpty());
  ASSERT_OK_AND_ASSIGN(const Log::Checkpoint checkpoint, log_->ReadCheckpoint());
  EXPECT_THAT(checkpoint.targets, IsEmpty());
  Open();
  EXPECT_THAT(Entries(kTarget, 0), IsEmpty());
}

TEST_F(LogUpkeepTest, AManyEntriesTailBecomesSeveralRuns) {
  constexpr int kCommits = 12;
  constexpr int kEvents = 1000;
  for (int i = 0; i < kCommits; ++i) AppendEvents(kEvents, {kTarget});
  ASSERT_OK(log_->WriteCheckpoint(Position(kCommits), {State(kTarget, 0)}, {}, kKeepAll));
  Open();
  EXPECT_EQ(Entries(kTarget, 0, 100'000).size(), kCommits * kEvents);
  EXPECT_THAT(Entries(kTarget, 11'998, 10), ElementsAre(11'999, 12'000));
  EXPECT_EQ(Entries(kTarget, 4096, 1).front(), 4097);
}

TEST_F(LogUpkeepTest, ACheckpointGivesBackTheStatesStoredLast) {
  AppendEvents(1, {});
  ASSERT_OK(log_->WriteCheckpoint(Position(1), {State(kTarget, 1), State(TargetId(11), 0)}, {},
                                  kKeepAll));
  AppendEvents(1, {});
  AppendEvents(1, {});
  ASSERT_OK(log_->WriteCheckpoint(Position(2), {State(kTarget, 2)}, {}, kKeepAll));
  Open();
  ASSERT_OK_AND_ASSIGN(const Log::Checkpoint checkpoint, log_->ReadCheckpoint());
  EXPECT_EQ(checkpoint.position, Position(2));
  EXPECT_THAT(checkpoint.last_sequences, ElementsAre(Pair(kBus, Sequence(3))));
  EXPECT_EQ(checkpoint.last_time_us, log_->last_time_us());
  ASSERT_EQ(checkpoint.targets.size(), 2);
  EXPECT_EQ(checkpoint.targets[0].watermark, Sequence(2));
  EXPECT_EQ(checkpoint.targets[1].watermark, Sequence(0));
  EXPECT_EQ(checkpoint.targets[0].counters.created, 42);
}

TEST_F(LogUpkeepTest, OldCommitsGoButNeverTheLastNorThoseAfterTheCheckpoint) {
  for (int i = 0; i < 5; ++i) AppendEvents(1, {});
  const int64_t fourth_us = maker_.commit().time_us - 1000;
  ASSERT_OK(log_->WriteCheckpoint(Position(2), {}, {}, kKeepNone));
  EXPECT_THAT(ReplayedPositions(0), ElementsAre(3, 4, 5));
  ASSERT_OK(log_->WriteCheckpoint(Position(5), {}, {}, fourth_us));
  EXPECT_THAT(ReplayedPositions(0), ElementsAre(4, 5));
  ASSERT_OK(log_->WriteCheckpoint(Position(5), {}, {}, kKeepNone));
  EXPECT_THAT(ReplayedPositions(0), ElementsAre(5));
  Open();
  EXPECT_EQ(log_->last_position(), Position(5));
  EXPECT_THAT(log_->FindPositionBefore(kKeepAll), IsOkAndHolds(Position(4)));
  AppendEvents(1, {});
  EXPECT_EQ(log_->last_position(), Position(6));
}

TEST_F(LogUpkeepTest, DroppedEventsAreGoneAndTheirNumbersAreNotGivenAgain) {
  for (int i = 0; i < 4; ++i) AppendEvents(3, {});
  EXPECT_THAT(log_->DropEvents(kBus, Sequence(6)), IsOkAndHolds(3u));  // a block goes whole
  EXPECT_THAT(log_->EventRange(kBus), Pair(Sequence(4), Sequence(12)));
  EXPECT_THAT(log_->ReadEvent({kBus, Sequence(3)}), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_OK(log_->ReadEvent({kBus, Sequence(4)}));
  ASSERT_OK_AND_ASSIGN(const auto events, log_->ReadEvents(kBus, Sequence(1), false, 2, 1 << 20));
  EXPECT_EQ(events.front()->ref.sequence, Sequence(4));
  ASSERT_OK_AND_ASSIGN(const auto down, log_->ReadEvents(kBus, Sequence(5), true, 9, 1 << 20));
  EXPECT_EQ(down.size(), 2);
  EXPECT_THAT(log_->FindByTime(kBus, 0), IsOkAndHolds(Sequence(4)));
  EXPECT_THAT(log_->DropEvents(kBus, Sequence(99)), IsOkAndHolds(9u));
  EXPECT_THAT(log_->EventRange(kBus), Pair(Sequence(), Sequence()));
  EXPECT_THAT(log_->DropEvents(kBus, Sequence(99)), IsOkAndHolds(0u));
  // Without the checkpoint the next start would look for the commits' events.
  ASSERT_OK(log_->WriteCheckpoint(Position(4), {}, {}, kKeepAll));
  Open();
  EXPECT_THAT(log_->FindByTime(kBus, 0), IsOkAndHolds(Sequence(13)));
  AppendEvents(1, {});
  EXPECT_THAT(log_->EventRange(kBus), Pair(Sequence(13), Sequence(13)));
}

TEST_F(LogUpkeepTest, DeadLettersGetTheirEventBeforeItGoes) {
  AppendEvents(3, {});
  AppendEvents(3, {});
  maker_.Begin();
  maker_.commit().dead_letters = {MakeLetter(kTarget, {kBus, Sequence(2)}, 100),
                                  MakeLetter(kTarget, {kBus, Sequence(5)}, 101),
                                  MakeLetter(TargetId(11), {kBus, Sequence(2)}, 102)};
  ASSERT_OK(log_->Append(maker_.commit()));
  ASSERT_OK(log_->DropEvents(kBus, Sequence(4)).status());
  for (const Log::DeadLetterKey key :
       {Log::DeadLetterKey{kTarget, 100}, Log::DeadLetterKey{TargetId(11), 102}}) {
    ASSERT_OK_AND_ASSIGN(const DeadLetterRecord letter, log_->GetDeadLetter(key));
    EXPECT_THAT(letter.event_bytes, HasSubstr("event-2"));
    EXPECT_GT(letter.event_accepted_us, 0);
  }
  ASSERT_OK_AND_ASSIGN(const DeadLetterRecord other, log_->GetDeadLetter({kTarget, 101}));
  EXPECT_TRUE(other.event_bytes.empty());
  EXPECT_EQ(log_->dead_letter_count(kTarget), 2);
}

TEST_F(LogUpkeepTest, DeadLetterCountsAreExactAroundACheckpoint) {
  const auto letters = [&](std::vector<uint64_t> put, std::vector<uint64_t> erased) {
    maker_.Begin();
    for (const uint64_t id : put) {
      maker_.commit().dead_letters.push_back(MakeLetter(kTarget, {kBus, Sequence(1)}, id));
    }
    for (const uint64_t id : erased) {
      maker_.commit().dead_letters_erased.push_back(MakeLetter(kTarget, {kBus, Sequence(1)}, id));
    }
    ASSERT_OK(log_->Append(maker_.commit()));
  };
  letters({1, 2, 3}, {});
  letters({4}, {1});
  letters({5, 6}, {2});
  EXPECT_EQ(log_->dead_letter_count(kTarget), 4);
  ASSERT_OK(log_->WriteCheckpoint(Position(2), {}, {}, kKeepNone));
  EXPECT_EQ(log_->dead_letter_count(kTarget), 4);
  Open();
  EXPECT_EQ(log_->dead_letter_count(kTarget), 4);
  letters({}, {3, 4, 5, 6});
  ASSERT_OK(log_->WriteCheckpoint(Position(4), {}, {}, kKeepNone));
  Open();
  EXPECT_EQ(log_->dead_letter_count(kTarget), 0);
}

}  // namespace
}  // namespace pavane::store
