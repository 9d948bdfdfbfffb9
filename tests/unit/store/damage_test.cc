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
