#include "store/dedup_index.h"

#include <algorithm>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include <gtest/gtest.h>

#include "base/random.h"
#include "base/status_macros.h"
#include "store/keys.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"
#include "tests/unit/store/store_ids.h"

namespace pavane::store {
namespace {

using ::pavane::testing::IsOkAndHolds;
using ::pavane::testing::StatusIs;
using ::pavane::testing::TempDir;

// Numbers spread over all bits, as hashes are.
event::Hash128 Id(uint64_t n) {
  const uint64_t high = (n + 1) * 0x9e3779b97f4a7c15;
  return {high, high * 0xbf58476d1ce4e5b9 + n};
}
std::optional<DedupFirst> At(uint64_t sequence) { return DedupFirst{Sequence(sequence), 2}; }

// An index over a database, with upkeep done at once or in steps by hand.
class DedupIndexTest : public ::testing::Test {
 protected:
  void SetUp() override { Open(); }

  void Open() {
    index_.reset();
    database_.reset();
    ASSERT_OK_AND_ASSIGN(database_, Database::Open({.directory = dir_.path()}));
    index_ = std::make_unique<DedupIndex>(*database_, kBus, policy_, options_);
  }
  // As a start does, the entries after the segments from the blocks' heads.
  void Reopen(const std::vector<DedupEntry>& all, int64_t now_us) {
    Open();
    std::vector<UpkeepWrite> writes;
    const Sequence newest = all.empty() ? Sequence() : all.back().sequence;
    ASSERT_OK(index_->Load(newest, now_us, writes));
    for (const DedupEntry& entry : all) {
      if (entry.sequence > index_->sealed_through() &&
          entry.accepted_us > now_us - policy_.window_us) {
        index_->LoadEntry(entry, writes);
      }
    }
    Write(writes);
  }
  DedupEntry Entry(uint64_t id, uint64_t sequence, int64_t at) const {
    return {Id(id), at, Sequence(sequence), 2};
  }
  void Add(uint64_t id, uint64_t sequence, int64_t at) { index_->Add(Entry(id, sequence, at)); }
  std::optional<DedupFirst> Find(uint64_t id, int64_t now) {
    auto found = index_->Find(Id(id), now);
    EXPECT_OK(found);
    return found.ok() ? *found : std::nullopt;
  }
  void Write(const std::vector<UpkeepWrite>& writes) {
    rocksdb::WriteBatch batch;
    for (const UpkeepWrite& write : writes) {
      rocksdb::ColumnFamilyHandle* family = database_->handle(write.family);
      ASSERT_TRUE((write.deletes ? batch.Delete(family, write.key)
                                 : batch.Put(family, write.key, write.value))
                      .ok());
    }
    ASSERT_OK(database_->Write(batch, false));
  }
  // What happens between commits; a job is done at once.
  void Tend(int64_t now) {
    std::vector<UpkeepWrite> writes;
    index_->Expire(now, writes);
    Write(writes);
    const auto job = index_->MakeSealJob();
    if (job == nullptr) return;
    ASSERT_OK(job->Compute());
    Write(job->writes);
    job->Applied();
  }
  size_t RecordsOnDisk() {
    size_t records = 0;
    Scan scan(*database_, Family::kDedup, "", "");
    for (; scan.Valid(); scan.Next()) ++records;
    EXPECT_OK(scan.status());
    return records;
  }

  TempDir dir_;
  DedupPolicy policy_{.window_us = 1000, .ids_max = 1000};
  UpkeepOptions options_{.dedup_segment_ids = 10};
  std::unique_ptr<Database> database_;
  std::unique_ptr<DedupIndex> index_;
};

TEST_F(DedupIndexTest, FindsTheFirstWithinTheTime) {
  Add(1, 5, 10'000);
  EXPECT_EQ(Find(1, 10'999), At(5));
  EXPECT_EQ(Find(2, 10'999), std::nullopt);
  EXPECT_EQ(Find(1, 11'000), std::nullopt);
}

TEST_F(DedupIndexTest, OnlyTheNewestEventsCount) {
  index_->set_policy({.window_us = 1000, .ids_max = 2});
  for (uint64_t i = 1; i <= 3; ++i) Add(i, i, 1000);
  EXPECT_EQ(Find(1, 1000), std::nullopt);
  EXPECT_EQ(Find(2, 1000), At(2));
  EXPECT_EQ(Find(3, 1000), At(3));
  index_->RemoveNewest();
  EXPECT_EQ(Find(1, 1000), At(1));
  EXPECT_EQ(Find(3, 1000), std::nullopt);
}

TEST_F(DedupIndexTest, IdentitiesInSegmentsAreFoundUntilTheyExpire) {
  for (uint64_t i = 1; i <= 95; ++i) {
    Add(i, i, static_cast<int64_t>(10 * i));
    Tend(static_cast<int64_t>(10 * i));
  }
  EXPECT_EQ(index_->segments(), 9);
  EXPECT_LE(index_->ids_in_memory(), 10);
  EXPECT_GT(RecordsOnDisk(), 9);
  for (uint64_t i = 1; i <= 95; ++i) EXPECT_EQ(Find(i, 960), At(i));
  EXPECT_EQ(Find(96, 960), std::nullopt);
  EXPECT_EQ(Find(5, 1050), std::nullopt);
  EXPECT_EQ(Find(6, 1050), At(6));
  Tend(3000);
  EXPECT_EQ(index_->segments(), 0);
  EXPECT_EQ(RecordsOnDisk(), 0);
  EXPECT_EQ(Find(95, 3000), std::nullopt);
}

TEST_F(DedupIndexTest, AStartReadsSegmentsAndTheRestFromTheBlocks) {
  std::vector<DedupEntry> all;
  for (uint64_t i = 1; i <= 47; ++i) {
    all.push_back(Entry(i, i, 100));
    index_->Add(all.back());
    Tend(100);
  }
  Reopen(all, 100);
  EXPECT_EQ(index_->segments(), 4);
  EXPECT_EQ(index_->ids_in_memory(), 7);
  for (uint64_t i = 1; i <= 47; ++i) EXPECT_EQ(Find(i, 100), At(i));
}

TEST_F(DedupIndexTest, AStartWithoutSegmentsMakesThem) {
  std::vector<DedupEntry> all;
  for (uint64_t i = 1; i <= 47; ++i) all.push_back(Entry(i, i, 100));
  Reopen(all, 100);
  EXPECT_EQ(index_->segments(), 4);
  for (uint64_t i = 1; i <= 47; ++i) EXPECT_EQ(Find(i, 100), At(i));
}

TEST_F(DedupIndexTest, ASegmentCutOffByACrashDoesNotCount) {
  std::vector<DedupEntry> all;
  for (uint64_t i = 1; i <= 12; ++i) {
    all.push_back(Entry(i, i, 100));
    index_->Add(all.back());
  }
  std::vector<UpkeepWrite> writes;
  index_->Expire(100, writes);
  const auto job = index_->MakeSealJob();
  ASSERT_NE(job, nullptr);
  ASSERT_OK(job->Compute());
  ASSERT_GE(job->writes.size(), 2u);
  job->writes.pop_back();  // the head
  Write(job->writes);
  Reopen(all, 100);
  for (uint64_t i = 1; i <= 12; ++i) EXPECT_EQ(Find(i, 100), At(i));
  EXPECT_EQ(index_->segments(), 1);
}

TEST_F(DedupIndexTest, IdentitiesStayWhileTheyAreBeingSealed) {
  for (uint64_t i = 1; i <= 12; ++i) Add(i, i, 100);
  std::vector<UpkeepWrite> writes;
  index_->Expire(100, writes);
  const auto job = index_->MakeSealJob();
  ASSERT_NE(job, nullptr);
  EXPECT_TRUE(index_->sealing());
  Add(20, 20, 100);
  EXPECT_EQ(Find(3, 100), At(3));
  EXPECT_EQ(index_->MakeSealJob(), nullptr);
  ASSERT_OK(job->Compute());
  EXPECT_EQ(Find(3, 100), At(3));
  Write(job->writes);
  job->Applied();
  EXPECT_EQ(Find(3, 100), At(3));
  EXPECT_EQ(Find(20, 100), At(20));
  EXPECT_EQ(index_->ids_in_memory(), 1);
}

TEST_F(DedupIndexTest, SealingBeforeADropLeavesOutWhatIsNotCommitted) {
  for (uint64_t i = 1; i <= 6; ++i) Add(i, i, 100);
  EXPECT_TRUE(index_->HoldsBefore(Sequence(2), 100));
  EXPECT_FALSE(index_->HoldsBefore(Sequence(1), 100));
  EXPECT_FALSE(index_->HoldsBefore(Sequence(7), 5000));
  std::vector<UpkeepWrite> writes;
  ASSERT_OK(index_->SealCommitted(Sequence(4), 100, writes));
  Write(writes);
  EXPECT_EQ(index_->segments(), 1);
  EXPECT_EQ(index_->ids_in_memory(), 2);
  index_->RemoveNewest();
  EXPECT_EQ(Find(6, 100), std::nullopt);
  for (uint64_t i = 1; i <= 5; ++i) EXPECT_EQ(Find(i, 100), At(i));
  // A small segment is taken back into the next one.
  writes.clear();
  ASSERT_OK(index_->SealCommitted(Sequence(5), 100, writes));
  Write(writes);
  EXPECT_EQ(index_->segments(), 1);
  EXPECT_EQ(RecordsOnDisk(), 2);
  for (uint64_t i = 1; i <= 5; ++i) EXPECT_EQ(Find(i, 100), At(i));
  Reopen({Entry(5, 5, 100)}, 100);
  for (uint64_t i = 1; i <= 5; ++i) EXPECT_EQ(Find(i, 100), At(i));
}

TEST_F(DedupIndexTest, AnEqualHashThatCameLaterWins) {
  // Its window was off when it came again.
  Add(1, 1, 100);
  for (uint64_t i = 2; i <= 30; ++i) {
    Add(i == 15 ? 1 : i, i, 100);
    Tend(100);
  }
  EXPECT_EQ(Find(1, 100), At(15));
}

TEST_F(DedupIndexTest, ADamagedChunkIsNotGuessed) {
  for (uint64_t i = 1; i <= 12; ++i) Add(i, i, 100);
  Tend(100);
  rocksdb::WriteBatch batch;
  ASSERT_TRUE(batch
                  .Put(database_->handle(Family::kDedup),
                       ToSlice(DedupChunkKey(kBus, Sequence(12), 0).view()),
                       "\x01"
                       "damaged bytes")
                  .ok());
  ASSERT_OK(database_->Write(batch, false));
  EXPECT_THAT(index_->Find(Id(3), 100), StatusIs(absl::StatusCode::kDataLoss));
  EXPECT_OK(index_->Find(Id(99), 100));
}

TEST_F(DedupIndexTest, BusesDoNotMix) {
  for (uint64_t i = 1; i <= 12; ++i) Add(i, i, 100);
  Tend(100);
  DedupIndex other(*database_, kOtherBus, policy_, options_);
  std::vector<UpkeepWrite> writes;
  ASSERT_OK(other.Load(Sequence(12), 100, writes));
  EXPECT_TRUE(writes.empty());
  EXPECT_THAT(other.Find(Id(1), 100), IsOkAndHolds(std::nullopt));
}

TEST_F(DedupIndexTest, BehavesAsAListUnderRandomOperations) {
  const uint64_t seed = SystemRandom::Get().Uint64();
  SCOPED_TRACE(absl::StrCat("seed ", seed));
  SeededRandom random(seed);
  policy_ = {.window_us = 2000, .ids_max = 1 + random.Uniform(1500)};
  options_.dedup_segment_ids = 1 + random.Uniform(60);
  Open();
  std::vector<DedupEntry> all;  // what the bus' blocks say
  std::unique_ptr<UpkeepJob> job;
  int64_t now = 100'000;
  uint64_t sequence = 0;
  const auto finish = [&] {
    if (job == nullptr) return;
    ASSERT_OK(job->Compute());
    Write(job->writes);
    job->Applied();
    job.reset();
  };
  for (int step = 1; step < 20'000; ++step) {
    now += static_cast<int64_t>(random.Uniform(6));
    const uint64_t id = random.Uniform(1200);
    std::optional<DedupFirst> expected;
    for (auto at = all.rbegin(); at != all.rend(); ++at) {
      if (at->accepted_us <= now - policy_.window_us ||
          sequence - at->sequence.value() >= policy_.ids_max)
        break;
      if (at->hash == Id(id)) expected = At(at->sequence.value());
    }
    ASSERT_EQ(Find(id, now), expected) << "step " << step;
    if (!expected.has_value()) {
      all.push_back(Entry(id, ++sequence, now));
      index_->Add(all.back());
      if (random.Uniform(10) == 0) {
        index_->RemoveNewest();
        all.pop_back();
        --sequence;
      }
    }
    std::vector<UpkeepWrite> writes;
    switch (random.Uniform(60)) {
      case 0:
        finish();
        break;
      case 1:
        if (job != nullptr) break;
        ASSERT_OK(index_->SealCommitted(Sequence(sequence), now, writes));
        Write(writes);
        break;
      case 2:
        if (random.Uniform(20) != 0) break;
        // A crash: part of the job's writes may be there.
        if (job != nullptr) {
          ASSERT_OK(job->Compute());
          job->writes.resize(random.Uniform(job->writes.size()));
          Write(job->writes);
          job.reset();
        }
        Reopen(all, now);
        break;
      default:
        index_->Expire(now, writes);
        Write(writes);
        if (auto made = index_->MakeSealJob()) job = std::move(made);
    }
  }
}

TEST(DedupFilterTest, FindsEverySegmentThatMayHoldAHash) {
  std::deque<std::shared_ptr<const DedupFilter>> filters;
  constexpr uint64_t kSegments = 37;
  constexpr uint64_t kPerSegment = 500;
  for (uint64_t segment = 0; segment < kSegments; ++segment) {
    std::vector<uint64_t> prefixes;
    for (uint64_t i = 0; i < kPerSegment; ++i) {
      prefixes.push_back(DedupFilter::Prefix(Id(segment * kPerSegment + i)));
    }
    std::sort(prefixes.begin(), prefixes.end());
    filters = WithSegment(std::move(filters), prefixes);
  }
  ASSERT_EQ(filters.size(), 4);  // of 16, 16, 4 and 1
  size_t wrong = 0;
  for (uint64_t n = 0; n < 2 * kSegments * kPerSegment; ++n) {
    uint64_t begin = 0;
    for (const auto& filter : filters) {
      const uint64_t end = begin + filter->segments();
      const uint32_t found = filter->Find(DedupFilter::Prefix(Id(n)));
      for (uint64_t segment = begin; segment < end; ++segment) {
        const bool is_there = n / kPerSegment == segment;
        const bool may_be_there = (found >> (segment - begin) & 1) != 0;
        EXPECT_TRUE(may_be_there || !is_there) << n;
        if (!is_there && may_be_there) ++wrong;
      }
      begin = end;
    }
  }
  EXPECT_LE(wrong, 2u);
}

TEST(DedupSegmentTest, HeadsAndChunksComeBack) {
  std::vector<DedupEntry> entries;
  for (uint64_t i = 0; i < 3000; ++i) {
    entries.push_back(
        {Id(i), static_cast<int64_t>(1000 + i), Sequence(50 + i), static_cast<uint32_t>(i % 300)});
  }
  const EncodedDedupSegment encoded = EncodeDedupSegment(kBus, entries);
  ASSERT_OK_AND_ASSIGN(const DedupSegmentHead head,
                       DecodeDedupHead(encoded.records.back().key, encoded.records.back().value));
  EXPECT_EQ(head.segment.first, Sequence(50));
  EXPECT_EQ(head.segment.last, Sequence(3049));
  EXPECT_EQ(head.segment.count, 3000);
  EXPECT_EQ(head.segment.first_accepted_us, 1000);
  EXPECT_EQ(head.segment.last_accepted_us, 3999);
  EXPECT_EQ(head.prefixes, encoded.head.prefixes);
  EXPECT_GT(head.segment.chunks(), 8u);
  for (const DedupEntry& entry : entries) {
    const std::string key(
        DedupChunkKey(kBus, head.segment.last, head.segment.ChunkOf(entry.hash)).view());
    for (const auto& record : encoded.records) {
      if (record.key != key) continue;
      ASSERT_OK_AND_ASSIGN(const auto found,
                           FindInDedupChunk(head.segment, key, record.value, entry.hash));
      ASSERT_TRUE(found.has_value());
      EXPECT_EQ(found->sequence, entry.sequence);
      EXPECT_EQ(found->accepted_us, entry.accepted_us);
      EXPECT_EQ(found->matched_rules, entry.matched_rules);
    }
  }
  std::vector<DedupEntry> all;
  for (size_t i = 0; i + 1 < encoded.records.size(); ++i) {
    ASSERT_OK(
        DecodeDedupChunk(head.segment, encoded.records[i].key, encoded.records[i].value, all));
  }
  EXPECT_EQ(all.size(), entries.size());
}

}  // namespace
}  // namespace pavane::store
