// What a start refuses, and that it says why and throws nothing away.
#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/database.h"
#include "store/log.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"
#include "tests/unit/store/store_fixture.h"
#include "tests/unit/store/store_ids.h"

namespace pavane::store {
namespace {

using ::pavane::testing::StatusIs;
using ::pavane::testing::TempDir;
using ::testing::AllOf;
using ::testing::HasSubstr;

class DamageTest : public ::testing::Test {
 protected:
  absl::StatusOr<std::unique_ptr<Log>> Open() {
    Log::Options options;
    options.directory = dir_.File("store");
    return Log::Open(options);
  }
  // Opens, appends one commit each, closes: a log of its own.
  void Live(int commits) {
    ASSERT_OK_AND_ASSIGN(const auto log, Open());
    CommitMaker maker(*log);
    for (int i = 0; i < commits; ++i) {
      maker.Begin();
      maker.Event(kBus, absl::StrCat("event ", ++made_), {}, 100);
      ASSERT_OK(log->Append(maker.commit()));
    }
  }
  // Logs that hold something, oldest first.
  std::vector<std::string> Logs() const {
    std::vector<std::string> logs;
    for (const auto& entry : std::filesystem::directory_iterator(dir_.File("store"))) {
      if (entry.path().extension() == ".log" && entry.file_size() > 0) {
        logs.push_back(entry.path());
      }
    }
    std::sort(logs.begin(), logs.end());
    return logs;
  }

  TempDir dir_;
  int made_ = 0;
};

TEST_F(DamageTest, AnOlderLogThatLostItsEndRefusesTheStart) {
  Live(3);
  Live(2);
  const std::string first = Logs().front();
  std::filesystem::resize_file(first, std::filesystem::file_size(first) - 10);
  for (int start = 0; start < 2; ++start) {
    EXPECT_THAT(Open(), StatusIs(absl::StatusCode::kDataLoss,
                                 AllOf(HasSubstr("lost its end"), HasSubstr(first))));
  }
}

TEST_F(DamageTest, AnOlderLogThatIsGoneRefusesTheStart) {
  Live(3);
  Live(2);
  std::filesystem::remove(Logs().front());
  EXPECT_THAT(Open(), StatusIs(absl::StatusCode::kDataLoss));
}

// Of the last write some families have their part in tables, others in the log only: without the
// log it would be half there. It is behind the mark, since it is no commit.
TEST_F(DamageTest, ALogThatEndsBeforeWhatTablesHoldRefusesTheStart) {
  Live(3);
  {
    ASSERT_OK_AND_ASSIGN(const auto log, Open());
    ASSERT_OK(log->DropEvents(kBus, Sequence(3)).status());
  }
  const std::string last = Logs().back();
  {
    ASSERT_OK_AND_ASSIGN(const auto database, Database::Open({.directory = dir_.File("store")}));
    for (const Family family : {Family::kBlock, Family::kPayload}) {
      ASSERT_TRUE(database->db().Flush(rocksdb::FlushOptions(), database->handle(family)).ok());
    }
  }
  ASSERT_EQ(Logs().back(), last) << "the other families still need it";
  std::filesystem::resize_file(last, std::filesystem::file_size(last) - 1);
  EXPECT_THAT(Open(), StatusIs(absl::StatusCode::kDataLoss,
                               AllOf(HasSubstr("has lost its end"), HasSubstr(".sst"))));
}

// It holds one record, and nothing older is left that its numbers could be missed by.
TEST_F(DamageTest, AnOlderLogThatLostAllRefusesTheStart) {
  Live(1);
  const std::vector<std::string> old = Logs();
  {
    ASSERT_OK_AND_ASSIGN(const auto database, Database::Open({.directory = dir_.File("store")}));
    for (size_t i = 0; i < kFamilies; ++i) {
      const auto family = static_cast<Family>(i);
      ASSERT_TRUE(database->db().Flush(rocksdb::FlushOptions(), database->handle(family)).ok());
    }
  }
  Live(0);
  Live(0);
  const std::string first = Logs().front();
  ASSERT_GT(first, old.back());
  std::filesystem::resize_file(first, 0);
  EXPECT_THAT(Open(), StatusIs(absl::StatusCode::kDataLoss,
                               AllOf(HasSubstr("has lost its end"), HasSubstr(first))));
}

// RocksDB deletes the newer of two logs first that it needs no more; here a crash came between.
TEST_F(DamageTest, AGapInFrontOfTheNeededLogsIsNone) {
  Live(3);
  const std::string oldest = Logs().front();
  std::filesystem::copy_file(oldest, dir_.File("copy"));
  Live(2);
  {
    ASSERT_OK_AND_ASSIGN(const auto database, Database::Open({.directory = dir_.File("store")}));
    for (size_t i = 0; i < kFamilies; ++i) {
      const auto family = static_cast<Family>(i);
      ASSERT_TRUE(database->db().Flush(rocksdb::FlushOptions(), database->handle(family)).ok());
    }
  }
  Live(1);
  ASSERT_FALSE(std::filesystem::exists(oldest));
  std::filesystem::copy_file(dir_.File("copy"), oldest);
  ASSERT_OK(Open());
}

TEST_F(DamageTest, TheLastLogCutRefusesTheStartAndNamesIt) {
  Live(3);
  const std::string last = Logs().back();
  std::filesystem::resize_file(last, std::filesystem::file_size(last) - 1);
  const std::string name = std::filesystem::path(last).filename();
  EXPECT_THAT(Open(), StatusIs(absl::StatusCode::kDataLoss,
                               AllOf(HasSubstr("ends before"), HasSubstr(name))));
}

TEST_F(DamageTest, AStoreWithoutCurrentIsNotBegunAnew) {
  Live(3);
  std::filesystem::rename(dir_.File("store/CURRENT"), dir_.File("kept"));
  EXPECT_THAT(Open(), StatusIs(absl::StatusCode::kDataLoss, HasSubstr("CURRENT")));
  std::filesystem::rename(dir_.File("kept"), dir_.File("store/CURRENT"));
  ASSERT_OK_AND_ASSIGN(const auto log, Open());
  EXPECT_EQ(log->last_position(), Position(3));
}

TEST_F(DamageTest, AManifestThatLostFamiliesRefusesTheStart) {
  Live(1);
  for (const auto& entry : std::filesystem::directory_iterator(dir_.File("store"))) {
    if (absl::StartsWith(entry.path().filename().string(), "MANIFEST-")) {
      std::filesystem::resize_file(entry.path(), entry.file_size() * 2 / 3);
    }
  }
  for (int start = 0; start < 2; ++start) {
    EXPECT_THAT(Open(), StatusIs(absl::StatusCode::kDataLoss, HasSubstr("MANIFEST")));
  }
}

}  // namespace
}  // namespace pavane::store
