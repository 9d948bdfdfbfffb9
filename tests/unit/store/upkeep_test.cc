// Merging of blocks and runs, and how upkeep's results get into the store.
#include "store/upkeep.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/dedup_index.h"
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

TargetState State(uint64_t watermark) {
  TargetState state;
  state.target = kTarget;
  state.bus = kBus;
  state.watermark = Sequence(watermark);
  return state;
}

class UpkeepTest : public ::testing::Test {
 protected:
  UpkeepTest() {
    options_.directory = dir_.File("store");
    options_.tail_cache_bytes = 0;
    options_.upkeep.merge_block_bytes = 2000;
    options_.upkeep.merge_runs = 4;
    options_.upkeep.run_entries_small = 10;
    Open();
  }
  void Open() {
    log_.reset();
    auto log = Log::Open(options_);
    ASSERT_OK(log);
    log_ = *std::move(log);
    maker_ = CommitMaker(*log_);
  }
  void AppendEvent(size_t bytes = 100) {
    maker_.Begin();
    maker_.Event(kBus, absl::StrCat("e", ++made_), {kTarget}, bytes);
    ASSERT_OK(log_->Append(maker_.commit()));
  }
  void ExpectEvents(uint64_t first) {
    for (uint64_t n = first; n <= made_; ++n) {
      const auto event = log_->ReadEvent({kBus, Sequence(n)});
      ASSERT_OK(event) << n;
      EXPECT_EQ((*event)->id_hash, HashOf(absl::StrCat("e", n)));
      EXPECT_EQ((*event)->bytes.substr(0, absl::StrCat("e", n).size()), absl::StrCat("e", n));
    }
    for (uint64_t n = 1; n < first; ++n) {
      EXPECT_THAT(log_->ReadEvent({kBus, Sequence(n)}), StatusIs(absl::StatusCode::kNotFound));
    }
    ASSERT_OK_AND_ASSIGN(const auto all,
                         log_->ReadEvents(kBus, Sequence(1), false, 10'000, 1 << 30));
    EXPECT_EQ(all.size(), made_ + 1 - first);
  }
  std::vector<uint64_t> Entries(uint64_t after) {
    std::vector<uint64_t> numbers;
    const auto entries = log_->ReadTargetEntries(kTarget, Sequence(after), 10'000);
    EXPECT_OK(entries);
    for (const TargetEntry& entry : *entries) numbers.push_back(entry.sequence.value());
    return numbers;
  }
  // Of a closed store.
  size_t CountRecords(Family family) {
    log_.reset();
    size_t records = 0;
    {
      const auto database = Database::Open({.directory = options_.directory});
      EXPECT_OK(database);
      Scan scan(**database, family, "", "");
      for (; scan.Valid(); scan.Next()) ++records;
      EXPECT_OK(scan.status());
    }
    Open();
    return records;
  }

  TempDir dir_;
  Log::Options options_;
  std::unique_ptr<Log> log_;
  CommitMaker maker_;
  uint64_t made_ = 0;
};

TEST_F(UpkeepTest, SmallBlocksBecomeLargeOnes) {
  for (int i = 0; i < 105; ++i) AppendEvent();
  ExpectEvents(1);  // small blocks are in the block cache
  ASSERT_OK(log_->FinishUpkeep());
  ExpectEvents(1);
  EXPECT_EQ(CountRecords(Family::kBlock), 10);  // of 20, and what is left
  EXPECT_EQ(CountRecords(Family::kPayload), 10);
  ExpectEvents(1);
  EXPECT_THAT(log_->FindById(kBus, HashOf("e37"), 5), IsOkAndHolds(ElementsAre(Sequence(37))));
  EXPECT_THAT(log_->FindByTime(kBus, INT64_MAX), IsOkAndHolds(Sequence(106)));
}

TEST_F(UpkeepTest, ALargeBlockStaysAndEndsARowOfSmallOnes) {
  for (int i = 0; i < 3; ++i) AppendEvent();
  AppendEvent(1000);
  AppendEvent();
  AppendEvent(5000);
  ASSERT_OK(log_->FinishUpkeep());
  EXPECT_EQ(CountRecords(Family::kBlock), 4);
  ExpectEvents(1);
}

TEST_F(UpkeepTest, BlocksDroppedMeanwhileDoNotComeBack) {
  for (int i = 0; i < 20; ++i) AppendEvent();
  ASSERT_OK_AND_ASSIGN(const uint64_t dropped, log_->DropEvents(kBus, Sequence(11)));
  ASSERT_OK(log_->FinishUpkeep());
  ExpectEvents(1 + dropped);
  Open();
  ExpectEvents(1 + dropped);
  // And merged ones go whole.
  for (int i = 0; i < 100; ++i) AppendEvent();
  ASSERT_OK(log_->FinishUpkeep());
  ASSERT_OK(log_->DropEvents(kBus, Sequence(made_ + 1)));
  EXPECT_EQ(CountRecords(Family::kBlock), 0);
}

TEST_F(UpkeepTest, ResultsGoWithTheCommits) {
  for (int i = 0; i < 400; ++i) AppendEvent();
  // Not waited for, but most of it is there by now or with the next few.
  while (log_->open_upkeep() > 0) AppendEvent();
  EXPECT_LT(CountRecords(Family::kBlock), 200);
  ExpectEvents(1);
}

TEST_F(UpkeepTest, SmallRunsBecomeLargeOnes) {
  std::vector<uint64_t> expected;
  for (uint64_t i = 1; i <= 30; ++i) {
    AppendEvent();
    expected.push_back(i);
    ASSERT_OK(log_->WriteCheckpoint(log_->last_position(), {State(0)}, {}, 0));
    if (i % 3 == 0) {
      ASSERT_OK(log_->FinishUpkeep());
    }
    EXPECT_EQ(Entries(0), expected);
  }
  ASSERT_OK(log_->FinishUpkeep());
  EXPECT_LE(CountRecords(Family::kRun), 6);
  EXPECT_EQ(Entries(0), expected);
  // Below the watermark they go.
  ASSERT_OK(log_->WriteCheckpoint(log_->last_position(), {State(30)}, {}, 0));
  EXPECT_THAT(Entries(0), ElementsAre());
  EXPECT_EQ(CountRecords(Family::kRun), 0);
}

TEST_F(UpkeepTest, RunsSettledMeanwhileDoNotComeBack) {
  for (uint64_t i = 1; i <= 4; ++i) {
    AppendEvent();
    ASSERT_OK(log_->WriteCheckpoint(log_->last_position(), {State(0)}, {}, 0));
  }
  ASSERT_EQ(log_->open_upkeep(), 1);  // a merge of runs
  AppendEvent();
  ASSERT_OK(log_->WriteCheckpoint(log_->last_position(), {State(2)}, {}, 0));
  ASSERT_OK(log_->FinishUpkeep());
  EXPECT_THAT(Entries(2), ElementsAre(3, 4, 5));
  EXPECT_LE(CountRecords(Family::kRun), 3);
}

TEST_F(UpkeepTest, DroppedEventsAreStillDuplicates) {
  for (int i = 0; i < 30; ++i) {
    AppendEvent();
    const event::StoredEvent& event = *maker_.commit().events.front().event;
    log_->dedup(kBus).Add({event.dedup_hash, event.accepted_us, event.ref.sequence, 1});
  }
  ASSERT_OK(log_->DropEvents(kBus, Sequence(31)));
  Open();
  const int64_t now_us = maker_.Begin().time_us;
  ASSERT_OK(log_->LoadDedup(kBus, DedupPolicy(), now_us));
  for (uint64_t n = 1; n <= 30; ++n) {
    EXPECT_THAT(log_->dedup(kBus).Find(HashOf(absl::StrCat("e", n)), now_us),
                IsOkAndHolds(DedupFirst{Sequence(n), 1}));
  }
  EXPECT_THAT(log_->dedup(kBus).Find(HashOf("e31"), now_us), IsOkAndHolds(std::nullopt));
}

// Fills in two records, or fails.
class TwoRecords : public UpkeepJob {
 public:
  TwoRecords(bool atomic, int& applied, absl::Status status = absl::OkStatus())
      : atomic_(atomic), applied_(applied), status_(std::move(status)) {}
  absl::Status Compute() override {
    writes.push_back({Family::kMeta, "one", std::string(1000, 'x')});
    writes.push_back({Family::kMeta, "two", std::string(1000, 'x')});
    return status_;
  }
  void Applied() override { ++applied_; }
  bool atomic() const override { return atomic_; }

 private:
  const bool atomic_;
  int& applied_;
  const absl::Status status_;
};

TEST(UpkeepQueueTest, PiecesAreBoundedWhereStepsMayBeSpread) {
  TempDir dir;
  ASSERT_OK_AND_ASSIGN(const auto database, Database::Open({.directory = dir.path()}));
  Upkeep upkeep;
  int applied = 0;
  upkeep.Submit(std::make_unique<TwoRecords>(false, applied));
  upkeep.Submit(std::make_unique<TwoRecords>(true, applied));
  upkeep.AwaitComputed();
  std::vector<uint32_t> records;
  std::vector<int> applied_after;
  while (upkeep.open() > 0) {
    rocksdb::WriteBatch batch;
    ASSERT_OK(upkeep.AddTo(*database, batch, 500));
    records.push_back(batch.Count());
    upkeep.Written();
    applied_after.push_back(applied);
  }
  EXPECT_THAT(records, ElementsAre(1, 1, 2));
  EXPECT_THAT(applied_after, ElementsAre(0, 1, 2));
}

TEST(UpkeepQueueTest, AnErrorComesUp) {
  TempDir dir;
  ASSERT_OK_AND_ASSIGN(const auto database, Database::Open({.directory = dir.path()}));
  Upkeep upkeep;
  int applied = 0;
  upkeep.Submit(std::make_unique<TwoRecords>(true, applied, absl::DataLossError("damaged")));
  upkeep.AwaitComputed();
  rocksdb::WriteBatch batch;
  EXPECT_THAT(upkeep.AddTo(*database, batch, 500), StatusIs(absl::StatusCode::kDataLoss));
  EXPECT_EQ(applied, 0);
}

}  // namespace
}  // namespace pavane::store
