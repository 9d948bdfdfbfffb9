#include "plugins/common/database.h"

#include "absl/strings/str_cat.h"
#include <sqlite3.h>

namespace pavane::plugins {
namespace {

constexpr int kBusyTimeoutMs = 5000;

absl::Status SqlError(sqlite3* db, int code, const std::string& what) {
  const std::string message =
      absl::StrCat(what, ": ", db != nullptr ? sqlite3_errmsg(db) : sqlite3_errstr(code));
  switch (code & 0xff) {
    case SQLITE_CONSTRAINT:
      return absl::AlreadyExistsError(message);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_FULL:
    case SQLITE_IOERR:
      return absl::UnavailableError(message);
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return absl::DataLossError(message);
    default:
      return absl::InternalError(message);
  }
}

absl::Status Execute(sqlite3* db, const std::string& sql) {
  const int code = sqlite3_exec(db, sql.c_str(), nullptr, nullptr, nullptr);
  return code == SQLITE_OK ? absl::OkStatus() : SqlError(db, code, sql);
}

// Frees the statement when it goes.
struct StatementDeleter {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using Statement = std::unique_ptr<sqlite3_stmt, StatementDeleter>;

int Bind(sqlite3_stmt* statement, int index, const SqlValue& value) {
  if (const auto* number = std::get_if<int64_t>(&value)) {
    return sqlite3_bind_int64(statement, index, *number);
  }
  if (const auto* text = std::get_if<std::string>(&value)) {
    return sqlite3_bind_text(statement, index, text->data(), static_cast<int>(text->size()),
                             SQLITE_TRANSIENT);
  }
  return sqlite3_bind_null(statement, index);
}

SqlValue Column(sqlite3_stmt* statement, int index) {
  switch (sqlite3_column_type(statement, index)) {
    case SQLITE_NULL:
      return std::monostate();
    case SQLITE_INTEGER:
      return static_cast<int64_t>(sqlite3_column_int64(statement, index));
    default: {
      const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement, index));
      return std::string(text, static_cast<size_t>(sqlite3_column_bytes(statement, index)));
    }
  }
}

Row ReadRow(sqlite3_stmt* statement) {
  std::vector<SqlValue> values;
  for (int i = 0; i < sqlite3_column_count(statement); ++i) values.push_back(Column(statement, i));
  return Row(std::move(values));
}

}  // namespace

int64_t Row::Int(size_t column) const {
  const auto* number = std::get_if<int64_t>(&values_[column]);
  return number != nullptr ? *number : 0;
}

std::string Row::Text(size_t column) const {
  const auto* text = std::get_if<std::string>(&values_[column]);
  return text != nullptr ? *text : "";
}

absl::StatusOr<std::vector<Row>> Transaction::RunBound(const char* sql,
                                                       const std::vector<SqlValue>& values) {
  sqlite3_stmt* raw = nullptr;
  if (int code = sqlite3_prepare_v2(db_, sql, -1, &raw, nullptr); code != SQLITE_OK) {
    return SqlError(db_, code, sql);
  }
  Statement statement(raw);
  for (size_t i = 0; i < values.size(); ++i) {
    if (int code = Bind(raw, static_cast<int>(i) + 1, values[i]); code != SQLITE_OK) {
      return SqlError(db_, code, sql);
    }
  }
  std::vector<Row> rows;
  int code = sqlite3_step(raw);
  for (; code == SQLITE_ROW; code = sqlite3_step(raw)) rows.push_back(ReadRow(raw));
  if (code != SQLITE_DONE) return SqlError(db_, code, sql);
  return rows;
}

int64_t Transaction::Changes() const { return sqlite3_changes64(db_); }

absl::StatusOr<std::unique_ptr<Database>> Database::Open(
    const std::string& path, const std::vector<std::string>& migrations) {
  sqlite3* raw = nullptr;
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_FULLMUTEX;
  const int code = sqlite3_open_v2(path.c_str(), &raw, flags, nullptr);
  std::unique_ptr<Database> database(new Database(raw));
  if (code != SQLITE_OK) return SqlError(raw, code, absl::StrCat("cannot open ", path));
  sqlite3_extended_result_codes(raw, 1);
  sqlite3_busy_timeout(raw, kBusyTimeoutMs);
  RETURN_IF_ERROR(Execute(raw, "PRAGMA journal_mode = WAL"));
  RETURN_IF_ERROR(Execute(raw, "PRAGMA synchronous = FULL"));
  RETURN_IF_ERROR(Execute(raw, "PRAGMA foreign_keys = ON"));
  RETURN_IF_ERROR(database->Migrate(migrations));
  return database;
}

Database::~Database() { sqlite3_close_v2(db_); }

absl::Status Database::Migrate(const std::vector<std::string>& migrations) {
  return InTransaction([&](Transaction& tx) -> absl::Status {
    ASSIGN_OR_RETURN(std::vector<Row> rows, tx.Query("PRAGMA user_version"));
    const auto version = static_cast<size_t>(rows[0].Int(0));
    if (version > migrations.size()) {
      return absl::FailedPreconditionError(absl::StrCat("the data file has version ", version,
                                                        "; this program knows versions up to ",
                                                        migrations.size()));
    }
    for (size_t i = version; i < migrations.size(); ++i) {
      RETURN_IF_ERROR(Execute(db_, migrations[i]));
    }
    return Execute(db_, absl::StrCat("PRAGMA user_version = ", migrations.size()));
  });
}

absl::Status Database::Begin() { return Execute(db_, "BEGIN IMMEDIATE"); }

absl::Status Database::Commit() {
  absl::Status status = Execute(db_, "COMMIT");
  if (!status.ok()) Rollback();
  return status;
}

// A failed statement may have rolled back already; then there is nothing left to undo.
void Database::Rollback() {
  if (sqlite3_get_autocommit(db_) == 0) sqlite3_exec(db_, "ROLLBACK", nullptr, nullptr, nullptr);
}

}  // namespace pavane::plugins
