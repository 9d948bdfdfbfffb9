#include "plugins/common/database.h"

#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/temp_dir.h"

namespace pavane::plugins {
namespace {

const std::vector<std::string> kSchema = {"CREATE TABLE t (a INTEGER UNIQUE, b TEXT)"};

std::unique_ptr<Database> Open(const std::string& path,
                               const std::vector<std::string>& schema = kSchema) {
  auto database = Database::Open(path, schema);
  EXPECT_TRUE(database.ok()) << database.status();
  return *std::move(database);
}

absl::StatusOr<std::vector<Row>> All(Database& database) {
  return database.InTransaction(
      [](Transaction& tx) { return tx.Query("SELECT a, b FROM t ORDER BY a"); });
}

TEST(Database, ValuesComeBackAsTheyWentIn) {
  testing::TempDir dir;
  auto database = Open(dir.File("x.db"));
  const absl::Status status = database->InTransaction([](Transaction& tx) -> absl::Status {
    RETURN_IF_ERROR(tx.Run("INSERT INTO t VALUES (?, ?)", 1, "it's \xc3\xa9"));
    return tx.Run("INSERT INTO t VALUES (?, ?)", std::monostate(), std::string("x")).status();
  });
  ASSERT_TRUE(status.ok()) << status;
  const auto rows = All(*database);
  ASSERT_TRUE(rows.ok());
  ASSERT_EQ(rows->size(), 2u);
  EXPECT_TRUE((*rows)[0].IsNull(0));
  EXPECT_EQ((*rows)[1].Int(0), 1);
  EXPECT_EQ((*rows)[1].Text(1), "it's \xc3\xa9");
}

TEST(Database, WhatFailsLeavesNothingBehind) {
  testing::TempDir dir;
  auto database = Open(dir.File("x.db"));
  const absl::Status status = database->InTransaction([](Transaction& tx) -> absl::Status {
    RETURN_IF_ERROR(tx.Run("INSERT INTO t VALUES (1, 'x')"));
    return absl::AbortedError("no");
  });
  EXPECT_EQ(status, absl::AbortedError("no"));
  EXPECT_EQ(All(*database)->size(), 0u);
}

TEST(Database, AConstraintIsAlreadyExistsAndRollsBack) {
  testing::TempDir dir;
  auto database = Open(dir.File("x.db"));
  const absl::Status status = database->InTransaction([](Transaction& tx) -> absl::Status {
    RETURN_IF_ERROR(tx.Run("INSERT INTO t VALUES (1, 'x')"));
    return tx.Run("INSERT INTO t VALUES (1, 'y')").status();
  });
  EXPECT_TRUE(absl::IsAlreadyExists(status)) << status;
  EXPECT_EQ(All(*database)->size(), 0u);
}

TEST(Database, DataSurvivesReopening) {
  testing::TempDir dir;
  const absl::Status status =
      Open(dir.File("x.db"))->InTransaction([](Transaction& tx) -> absl::Status {
        return tx.Run("INSERT INTO t VALUES (7, 'x')").status();
      });
  ASSERT_TRUE(status.ok());
  EXPECT_EQ(All(*Open(dir.File("x.db")))->size(), 1u);
}

TEST(Database, MigratesFromTheVersionItFinds) {
  testing::TempDir dir;
  Open(dir.File("x.db"));
  auto database =
      Open(dir.File("x.db"), {kSchema[0], "ALTER TABLE t ADD COLUMN c INTEGER DEFAULT 5"});
  const auto rows =
      database->InTransaction([](Transaction& tx) -> absl::StatusOr<std::vector<Row>> {
        RETURN_IF_ERROR(tx.Run("INSERT INTO t (a, b) VALUES (1, 'x')"));
        return tx.Query("SELECT c FROM t");
      });
  ASSERT_TRUE(rows.ok()) << rows.status();
  EXPECT_EQ((*rows)[0].Int(0), 5);
}

TEST(Database, RefusesAFileOfANewerProgram) {
  testing::TempDir dir;
  Open(dir.File("x.db"), {kSchema[0], "CREATE TABLE u (a)"});
  EXPECT_TRUE(absl::IsFailedPrecondition(Database::Open(dir.File("x.db"), kSchema).status()));
}

TEST(Database, SaysWhichFileCannotBeOpened) {
  const auto database = Database::Open("/nowhere/x.db", kSchema);
  ASSERT_FALSE(database.ok());
  EXPECT_THAT(std::string(database.status().message()), ::testing::HasSubstr("/nowhere/x.db"));
}

}  // namespace
}  // namespace pavane::plugins
