// Bytes of events that a bus keeps.
#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include <gtest/gtest.h>

#include "store/log.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"
#include "tests/unit/store/store_fixture.h"
#include "tests/unit/store/store_ids.h"

namespace pavane::store {
namespace {

using ::pavane::testing::IsOkAndHolds;
using ::pavane::testing::TempDir;

class LogBytesTest : public ::testing::Test {
 protected:
  void SetUp() override { Open(); }
  void Open() {
    log_.reset();
    Log::Options options;
    options.directory = dir_.path();
    auto log = Log::Open(options);
    ASSERT_OK(log);
    log_ = *std::move(log);
    maker_ = CommitMaker(*log_);
  }
  // One block of `count` events; returns its bytes.
  uint64_t Append(int count, BusId bus = kBus, size_t bytes = 3000) {
    maker_.Begin();
    for (int i = 0; i < count; ++i) {
      maker_.Event(bus, absl::StrCat("event-", ++made_), {}, bytes);
    }
    EXPECT_OK(log_->Append(maker_.commit()));
    uint64_t sum = 0;
    for (const AppendedEvent& appended : maker_.commit().events) {
      sum += appended.event->bytes.size();
    }
    return sum;
  }

  TempDir dir_;
  std::unique_ptr<Log> log_;
  CommitMaker maker_;
  int made_ = 0;
};

TEST_F(LogBytesTest, AnUnknownBusKeepsNothing) {
  EXPECT_THAT(log_->KeptBytes(kBus), IsOkAndHolds(0u));
}

TEST_F(LogBytesTest, WhatIsAppendedAndDroppedIsCountedFromTheFirstQuestionOn) {
  const uint64_t first = Append(3);
  Append(2, kOtherBus);
  const uint64_t second = Append(1);
  EXPECT_THAT(log_->KeptBytes(kBus), IsOkAndHolds(first + second));
  const uint64_t third = Append(4);
  EXPECT_THAT(log_->KeptBytes(kBus), IsOkAndHolds(first + second + third));
  ASSERT_OK(log_->DropEvents(kBus, Sequence(4)).status());
  EXPECT_THAT(log_->KeptBytes(kBus), IsOkAndHolds(second + third));
  ASSERT_OK(log_->DropEvents(kBus, Sequence(99)).status());
  EXPECT_THAT(log_->KeptBytes(kBus), IsOkAndHolds(0u));
  EXPECT_THAT(log_->KeptBytes(kBus), IsOkAndHolds(0u));
  const uint64_t again = Append(1);
  EXPECT_THAT(log_->KeptBytes(kBus), IsOkAndHolds(again));
}

TEST_F(LogBytesTest, AStartCountsTheSame) {
  Append(3);
  const uint64_t second = Append(2);
  ASSERT_OK(log_->DropEvents(kBus, Sequence(4)).status());
  Open();
  EXPECT_THAT(log_->KeptBytes(kBus), IsOkAndHolds(second));
  const uint64_t third = Append(2);
  Open();
  EXPECT_THAT(log_->KeptBytes(kBus), IsOkAndHolds(second + third));
}

TEST_F(LogBytesTest, WholeBlocksMakeRoomButNeverTheNewest) {
  const uint64_t first = Append(3);
  const uint64_t second = Append(2);
  Append(2);
  EXPECT_THAT(log_->FindByBytes(kBus, 0), IsOkAndHolds(Sequence(1)));
  EXPECT_THAT(log_->FindByBytes(kBus, 1), IsOkAndHolds(Sequence(4)));
  EXPECT_THAT(log_->FindByBytes(kBus, first), IsOkAndHolds(Sequence(4)));
  EXPECT_THAT(log_->FindByBytes(kBus, first + 1), IsOkAndHolds(Sequence(6)));
  EXPECT_THAT(log_->FindByBytes(kBus, first + second + 1), IsOkAndHolds(Sequence(6)));
  EXPECT_THAT(log_->FindByBytes(kOtherBus, 1), IsOkAndHolds(Sequence()));
}

TEST_F(LogBytesTest, DeadLettersAreCountedByTargetWithTheirBus) {
  const auto counts = [&] {
    std::vector<std::string> texts;
    for (const Log::DeadLetterCount& count : log_->DeadLetterCounts()) {
      texts.push_back(absl::StrCat(count.target.value(), " ", count.bus, " ", count.count));
    }
    std::sort(texts.begin(), texts.end());
    return texts;
  };
  Append(1);
  maker_.Begin();
  maker_.commit().dead_letters = {MakeLetter(TargetId(10), {kBus, Sequence(1)}, 1),
                                  MakeLetter(TargetId(11), {kBus, Sequence(1)}, 2),
                                  MakeLetter(TargetId(11), {kBus, Sequence(1)}, 3)};
  maker_.commit().dead_letters[0].bus = "audit";
  ASSERT_OK(log_->Append(maker_.commit()));
  const std::vector<std::string> expected = {"10 audit 1", "11 default 2"};
  EXPECT_EQ(counts(), expected);
  ASSERT_OK(log_->WriteCheckpoint(log_->last_position(), {}, {}, 0));
  Open();
  EXPECT_EQ(counts(), expected) << "from the checkpoint";
}

}  // namespace
}  // namespace pavane::store
