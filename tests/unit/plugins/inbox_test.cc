#include "plugins/common/inbox.h"

#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/temp_dir.h"
#include "tests/unit/plugins/test_event.h"

namespace pavane::plugins {
namespace {

using pavane::testing::MakeEvent;

class InboxTest : public ::testing::Test {
 protected:
  InboxTest() { Reopen(); }

  // As after a crash: all that is not in the file is gone.
  void Reopen() {
    inbox_.reset();
    database_.reset();
    auto database =
        Database::Open(dir_.File("x.db"), {std::string(kInboxSchema) + "CREATE TABLE t (a TEXT)"});
    ASSERT_TRUE(database.ok()) << database.status();
    database_ = *std::move(database);
    inbox_ = std::make_unique<Inbox>(*database_, "/seat");
  }

  // An effect that can be counted and emits two events.
  absl::StatusOr<std::vector<Event>> Handle(const Event& event) {
    return inbox_->Once(event, [&](Transaction& tx) -> absl::StatusOr<std::vector<Event>> {
      RETURN_IF_ERROR(tx.Run("INSERT INTO t VALUES (?)", event.id));
      if (fail_) return absl::UnavailableError("not now");
      Event first;
      first.type = "A";
      first.subject = "s";
      first.data = {{"effect", ++effects_}};
      Event second;
      second.type = "B";
      return std::vector<Event>{first, second};
    });
  }

  int64_t Rows() {
    auto rows =
        database_->InTransaction([](Transaction& tx) { return tx.Query("SELECT a FROM t"); });
    return rows.ok() ? static_cast<int64_t>(rows->size()) : -1;
  }

  testing::TempDir dir_;
  std::unique_ptr<Database> database_;
  std::unique_ptr<Inbox> inbox_;
  int effects_ = 0;
  bool fail_ = false;
};

TEST_F(InboxTest, ARepeatedEventHasOneEffectAndTheSameEmits) {
  const auto first = Handle(MakeEvent("T", {}, "e1"));
  Reopen();
  const auto again = Handle(MakeEvent("T", {}, "e1"));
  ASSERT_TRUE(first.ok() && again.ok());
  ASSERT_EQ(again->size(), 2u);
  for (size_t i = 0; i < 2; ++i) {
    EXPECT_EQ((*first)[i].id, (*again)[i].id);
    EXPECT_EQ((*first)[i].type, (*again)[i].type);
    EXPECT_EQ((*first)[i].source, (*again)[i].source);
    EXPECT_EQ((*first)[i].subject, (*again)[i].subject);
    EXPECT_EQ((*first)[i].data, (*again)[i].data);
  }
  EXPECT_EQ(Rows(), 1);
}

TEST_F(InboxTest, EmitsGetTheSourceAndIdsOfTheirOwn) {
  const auto one = Handle(MakeEvent("T", {}, "e1"));
  const auto two = Handle(MakeEvent("T", {}, "e2"));
  ASSERT_TRUE(one.ok() && two.ok());
  EXPECT_EQ((*one)[0].source, "/seat");
  EXPECT_NE((*one)[0].id, "");
  EXPECT_NE((*one)[0].id, (*one)[1].id);
  EXPECT_NE((*one)[0].id, (*two)[0].id);
}

TEST_F(InboxTest, TheSameIdOfAnotherSourceIsAnotherEvent) {
  Event other = MakeEvent("T", {}, "e1");
  other.source = "/other";
  ASSERT_TRUE(Handle(MakeEvent("T", {}, "e1")).ok());
  ASSERT_TRUE(Handle(other).ok());
  EXPECT_EQ(Rows(), 2);
}

TEST_F(InboxTest, AFailedEffectIsUndoneAndTriedAfresh) {
  fail_ = true;
  EXPECT_TRUE(absl::IsUnavailable(Handle(MakeEvent("T", {}, "e1")).status()));
  EXPECT_EQ(Rows(), 0);
  fail_ = false;
  EXPECT_TRUE(Handle(MakeEvent("T", {}, "e1")).ok());
  EXPECT_EQ(Rows(), 1);
}

TEST(Settlement, WhatCannotBeUnderstoodIsRejectedAndTheRestNacked) {
  using pavane::testing::Show;
  EXPECT_EQ(Show(Settlement::From(absl::InvalidArgumentError("x"))), "reject INVALID_EVENT");
  EXPECT_EQ(Show(Settlement::From(absl::NotFoundError("x"))), "reject UNKNOWN_SUBJECT");
  EXPECT_EQ(Show(Settlement::From(absl::UnavailableError("x"))), "nack STORE_FAILED");
}

}  // namespace
}  // namespace pavane::plugins
