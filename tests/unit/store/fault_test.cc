// A disk that is full, fails or loses what was not synced.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <future>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/manual_clock.h"
#include "store/log.h"
#include "store/writer.h"
#include "tests/support/fault_env.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"
#include "tests/unit/store/store_fixture.h"
#include "tests/unit/store/store_ids.h"

namespace pavane::store {
namespace {

using ::pavane::testing::DropUnsynced;
using ::pavane::testing::FaultEnv;
using ::pavane::testing::StatusIs;
using ::pavane::testing::Tear;
using ::pavane::testing::TempDir;
using ::testing::HasSubstr;
using ::testing::Pair;

class FaultTest : public ::testing::Test {
 protected:
  void Open(Durability durability) {
    log_.reset();
    fault_env_ = std::make_unique<FaultEnv>(dir_.File("journal"));
    Log::Options options;
    options.directory = dir_.File("store");
    options.durability = durability;
    options.env = fault_env_->env();
    auto log = Log::Open(options);
    ASSERT_OK(log);
    log_ = *std::move(log);
    maker_ = CommitMaker(*log_);
  }
  absl::Status AppendEvent(size_t bytes = 100) {
    maker_.Begin();
    maker_.Event(kBus, absl::StrCat("event ", ++made_), {}, bytes);
    return log_->Append(maker_.commit());
  }
  // What a power cut now would leave.
  absl::StatusOr<std::unique_ptr<Log>> CutPower(Tear tear) {
    fault_env_->Freeze();
    log_.reset();
    EXPECT_OK(DropUnsynced(dir_.File("journal"), tear, 1).status());
    Log::Options options;
    options.directory = dir_.File("store");
    return Log::Open(options);
  }

  // Some sectors in the middle of the newest log never got to the disk.
  void MakeHole() {
    std::string newest;
    for (const auto& entry : std::filesystem::directory_iterator(dir_.File("store"))) {
      if (entry.path().extension() == ".log" && entry.file_size() > 0) {
        newest = std::max<std::string>(newest, entry.path());
      }
    }
    std::fstream file(newest, std::ios::binary | std::ios::in | std::ios::out);
    file.seekp(40 * 512);
    file << std::string(4 * 512, '\0');
  }

  TempDir dir_;
  std::unique_ptr<FaultEnv> fault_env_;
  std::unique_ptr<Log> log_;
  CommitMaker maker_;
  int made_ = 0;
};

TEST_F(FaultTest, AppendsAreSyncedBeforeTheyReturn) {
  Open(Durability::kFsync);
  for (int i = 0; i < 20; ++i) ASSERT_OK(AppendEvent());
  EXPECT_EQ(log_->Stats().syncs, 20);
  EXPECT_GE(fault_env_->syncs(), 20);
  ASSERT_OK_AND_ASSIGN(const auto log, CutPower(Tear::kNothing));
  EXPECT_EQ(log->last_position(), Position(20));
  EXPECT_OK(log->ReadEvent({kBus, Sequence(20)}));
}

TEST_F(FaultTest, WithoutSyncsAPowerCutLosesWholeCommitsFromTheEnd) {
  Open(Durability::kOs);
  for (int i = 0; i < 20; ++i) ASSERT_OK(AppendEvent());
  EXPECT_EQ(log_->Stats().syncs, 0);
  ASSERT_OK_AND_ASSIGN(const auto log, CutPower(Tear::kPart));
  EXPECT_LT(log->last_position(), Position(20));
  EXPECT_EQ(log->EventRange(kBus).second.value(), log->last_position().value());
}

TEST_F(FaultTest, AHoleInWhatWasNotSyncedIsDroppedWithWhatFollows) {
  Open(Durability::kFsync);
  for (int i = 0; i < 5; ++i) ASSERT_OK(AppendEvent());
  log_.reset();
  Open(Durability::kOs);
  for (int i = 0; i < 5; ++i) ASSERT_OK(AppendEvent(20'000));
  fault_env_->Freeze();
  log_.reset();
  MakeHole();
  for (int start = 0; start < 2; ++start) {
    Open(Durability::kFsync);
    EXPECT_GE(log_->last_position(), Position(5));
    EXPECT_LT(log_->last_position(), Position(10));
    EXPECT_EQ(log_->EventRange(kBus).second.value(), log_->last_position().value());
    log_.reset();
  }
}

TEST_F(FaultTest, AHoleInWhatWasSyncedRefusesTheStart) {
  Open(Durability::kFsync);
  for (int i = 0; i < 5; ++i) ASSERT_OK(AppendEvent(20'000));
  log_.reset();
  MakeHole();
  Log::Options options;
  options.directory = dir_.File("store");
  for (int start = 0; start < 2; ++start) {
    EXPECT_THAT(Log::Open(options),
                StatusIs(absl::StatusCode::kDataLoss, HasSubstr("acknowledged")));
  }
}

TEST_F(FaultTest, AFullDiskSaysSoAndLosesNothing) {
  Open(Durability::kFsync);
  ASSERT_OK(AppendEvent());
  fault_env_->SetSpaceLeft(10'000);
  EXPECT_THAT(AppendEvent(100'000),
              StatusIs(absl::StatusCode::kResourceExhausted, HasSubstr("full")));
  log_.reset();
  Open(Durability::kFsync);
  EXPECT_THAT(log_->EventRange(kBus), Pair(Sequence(1), Sequence(1)));
  EXPECT_OK(AppendEvent(100'000));
}

TEST_F(FaultTest, AFailedSyncStopsTheWriterForGood) {
  Open(Durability::kFsync);
  ManualClock clock;
  int failures = 0;
  Writer::Observers observers;
  observers.on_failure = [&](const absl::Status&) { ++failures; };
  ASSERT_OK_AND_ASSIGN(const auto writer, Writer::Create(*log_, clock, {}, observers));
  writer->Start();
  const auto publish = [&](const std::string& id) {
    std::promise<absl::Status> done;
    std::unique_ptr<Transaction> transaction = std::make_unique<FunctionTransaction>(
        [&](CommitBuilder& commit) {
          commit.AppendEvent(NewEvent(kBus, id), {});
          return absl::OkStatus();
        },
        [&](const absl::Status& status) { done.set_value(status); });
    EXPECT_TRUE(writer->Submit(transaction));
    return done.get_future().get();
  };
  EXPECT_OK(publish("a"));
  fault_env_->FailSyncs();
  EXPECT_THAT(publish("b"), StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_THAT(publish("c"), StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_EQ(failures, 1);
  writer->Stop();
  ASSERT_OK_AND_ASSIGN(const auto log, CutPower(Tear::kNothing));
  EXPECT_EQ(log->last_position(), Position(1));
}

}  // namespace
}  // namespace pavane::store
