// PostgreSQL as a queue: INSERT of 64 rows a statement, DELETE ... SKIP LOCKED of up to 256 in one
// transaction, polling when the table is empty.
#include <unistd.h>

#include <string>

#include <libpq-fe.h>

#include "tests/bench/broker/tally.h"
#include "tests/bench/broker/workload.h"
#include "tests/bench/peers/peer.h"

namespace pavane::bench {
namespace {

constexpr uint64_t kRowsPerInsert = 64;
constexpr useconds_t kPollUs = 200;

/// The result of a statement, which must have succeeded.
class Result {
 public:
  Result(PGconn* connection, PGresult* result) : result_(result) {
    const ExecStatusType status = PQresultStatus(result);
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
      PeerFailed(std::string("postgres: ") + PQerrorMessage(connection));
    }
  }
  ~Result() { PQclear(result_); }
  Result(const Result&) = delete;
  Result& operator=(const Result&) = delete;
  PGresult* get() const { return result_; }

 private:
  PGresult* const result_;
};

void Setup(PGconn* connection) {
  const Result made(connection,
                    PQexec(connection, "CREATE TABLE orders(id bigserial PRIMARY KEY, body text)"));
}

// The rows as the text of an array.
void AppendRow(std::string_view data, std::string& rows) {
  rows += rows.empty() ? "{\"" : ",\"";
  for (const char c : data) {
    if (c == '"') rows += '\\';
    rows += c;
  }
  rows += '"';
}

void Produce(PGconn* connection, const PeerCommand& command) {
  Orders orders;
  const Result prepared(
      connection, PQprepare(connection, "insert",
                            "INSERT INTO orders(body) SELECT unnest($1::text[])", 1, nullptr));
  const Pace pace(command.rate);
  const uint64_t rows_max = command.rate > 0 ? 1 : kRowsPerInsert;
  const double cpu_start = CpuSeconds();
  const uint64_t start_ns = NowNs();
  for (uint64_t next = 0; next < command.count;) {
    std::string rows;
    for (uint64_t i = 0; i < rows_max && next < command.count; ++i, ++next) {
      AppendRow(orders.Data(next, pace.Await(next)), rows);
    }
    rows += '}';
    const char* values[] = {rows.c_str()};
    const Result inserted(connection,
                          PQexecPrepared(connection, "insert", 1, values, nullptr, nullptr, 0));
  }
  PrintProduced(start_ns, cpu_start);
}

void Consume(PGconn* connection, const PeerCommand& command) {
  const Result prepared(
      connection,
      PQprepare(connection, "take",
                "DELETE FROM orders WHERE id = ANY(ARRAY(SELECT id FROM orders ORDER BY id "
                "FOR UPDATE SKIP LOCKED LIMIT 256)) RETURNING body",
                0, nullptr));
  Tally tally(command.count);
  PrintReady();
  for (bool done = false; !done;) {
    const Result taken(connection,
                       PQexecPrepared(connection, "take", 0, nullptr, nullptr, nullptr, 0));
    const int rows = PQntuples(taken.get());
    for (int i = 0; i < rows; ++i) {
      if (tally.Count({PQgetvalue(taken.get(), i, 0),
                       static_cast<size_t>(PQgetlength(taken.get(), i, 0))})) {
        done = true;
      }
    }
    if (rows == 0) ::usleep(kPollUs);
  }
  tally.Print(NowNs());
}

int Main(const PeerCommand& command) {
  const size_t colon = command.address.find(':');
  PGconn* connection =
      PQconnectdb(("host=" + command.address.substr(0, colon) +
                   " port=" + command.address.substr(colon + 1) + " user=postgres dbname=postgres")
                      .c_str());
  if (PQstatus(connection) != CONNECTION_OK) PeerFailed(PQerrorMessage(connection));
  if (command.role == "setup") Setup(connection);
  if (command.role == "produce") Produce(connection, command);
  if (command.role == "consume") Consume(connection, command);
  PQfinish(connection);
  return 0;
}

}  // namespace
}  // namespace pavane::bench

int main(int argc, char** argv) {
  return pavane::bench::Main(pavane::bench::ReadPeerCommand(argc, argv));
}
