// One SQLite file of one plugin, reached only through transactions.
#ifndef PAVANE_PLUGINS_COMMON_DATABASE_H_
#define PAVANE_PLUGINS_COMMON_DATABASE_H_

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "plugins/common/status_macros.h"

struct sqlite3;
struct sqlite3_stmt;

namespace pavane::plugins {

// A value bound to a statement or read from a row. monostate is NULL.
using SqlValue = std::variant<std::monostate, int64_t, std::string>;

// One row of an answer. Columns are numbered from 0; reading a column of another type gives 0 or
// "".
class Row {
 public:
  explicit Row(std::vector<SqlValue> values) : values_(std::move(values)) {}
  bool IsNull(size_t column) const {
    return std::holds_alternative<std::monostate>(values_[column]);
  }
  int64_t Int(size_t column) const;
  std::string Text(size_t column) const;

 private:
  std::vector<SqlValue> values_;
};

// One transaction. Made by Database::InTransaction, which alone begins, commits and rolls back.
class Transaction {
 public:
  // A statement without an answer; returns the number of rows it changed.
  template <typename... Values>
  absl::StatusOr<int64_t> Run(const char* sql, Values&&... values) {
    RETURN_IF_ERROR(RunBound(sql, {SqlValue(std::forward<Values>(values))...}).status());
    return Changes();
  }
  // A statement with an answer, read whole.
  template <typename... Values>
  absl::StatusOr<std::vector<Row>> Query(const char* sql, Values&&... values) {
    return RunBound(sql, {SqlValue(std::forward<Values>(values))...});
  }

 private:
  friend class Database;
  explicit Transaction(sqlite3* db) : db_(db) {}
  absl::StatusOr<std::vector<Row>> RunBound(const char* sql, const std::vector<SqlValue>& values);
  int64_t Changes() const;

  sqlite3* db_;
};

// Owns the connection. Thread-safe: transactions of one Database run one after the other; those of
// two processes on one file are kept apart by SQLite (BEGIN IMMEDIATE, five seconds of patience).
// A committed transaction is on disk (WAL with a sync per commit).
class Database {
 public:
  // Opens or creates the file and brings its schema up to date: `migrations[i]` leads from version
  // i to i + 1 (PRAGMA user_version). A file of a newer version is refused: FailedPrecondition.
  static absl::StatusOr<std::unique_ptr<Database>> Open(const std::string& path,
                                                        const std::vector<std::string>& migrations);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  // Calls `work(Transaction&)`, which returns absl::Status or absl::StatusOr<T>. Commits when that
  // is OK and rolls back when it is not; what is returned is its answer or the commit's failure.
  template <typename Work>
  std::invoke_result_t<Work, Transaction&> InTransaction(Work&& work) {
    std::lock_guard lock(mu_);
    RETURN_IF_ERROR(Begin());
    Transaction transaction(db_);
    auto answer = work(transaction);
    if (!answer.ok()) {
      Rollback();
      return answer;
    }
    RETURN_IF_ERROR(Commit());
    return answer;
  }

 private:
  explicit Database(sqlite3* db) : db_(db) {}
  absl::Status Migrate(const std::vector<std::string>& migrations);
  absl::Status Begin();
  absl::Status Commit();
  void Rollback();

  sqlite3* const db_;
  std::mutex mu_;  // held for the whole of a transaction
};

}  // namespace pavane::plugins

#endif  // PAVANE_PLUGINS_COMMON_DATABASE_H_
