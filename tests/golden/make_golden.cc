// Makes the golden store of the present format version, once, when the version is new:
//
//   make_golden tests/golden/vN
//
// What it wrote is committed and never made again: golden_test shows that today's broker opens it.
#include <cstdio>
#include <filesystem>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/match.h"

#include "base/status_macros.h"
#include "store/database.h"
#include "store/log.h"
#include "tests/golden/golden_content.h"
#include "tests/golden/golden_ordering.h"
#include "tests/golden/golden_schedule.h"

namespace pavane::testing {
namespace {

absl::Status Flush(const std::string& directory) {
  ASSIGN_OR_RETURN(const auto database, store::Database::Open({.directory = directory}));
  for (size_t family = 0; family < store::kFamilies; ++family) {
    const rocksdb::Status flushed = database->db().Flush(
        rocksdb::FlushOptions(), database->handle(static_cast<store::Family>(family)));
    RETURN_IF_ERROR(store::FromRocksDb(flushed, "flushing"));
  }
  return absl::OkStatus();
}

absl::Status Make(const std::string& directory) {
  if (std::filesystem::exists(directory)) {
    return absl::AlreadyExistsError("a golden store is made only once");
  }
  store::Log::Options options;
  options.directory = directory;
  {
    ASSIGN_OR_RETURN(const auto log, store::Log::Open(options));
    RETURN_IF_ERROR(WriteGoldenTables(*log));
    RETURN_IF_ERROR(WriteGoldenSchedule(*log));
  }
  RETURN_IF_ERROR(Flush(directory));
  {
    ASSIGN_OR_RETURN(const auto log, store::Log::Open(options));
    RETURN_IF_ERROR(WriteGoldenTail(*log));
    RETURN_IF_ERROR(WriteGoldenScheduleTail(*log));
    RETURN_IF_ERROR(WriteGoldenOrdering(*log));
    RETURN_IF_ERROR(CheckGoldenContent(*log));
    RETURN_IF_ERROR(CheckGoldenOrdering(*log));
    RETURN_IF_ERROR(CheckGoldenSchedule(*log));
  }
  // What RocksDB tells people, with paths and times.
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    const std::string name = entry.path().filename();
    if (absl::StartsWith(name, "LOG") || name == "LOCK") std::filesystem::remove(entry.path());
  }
  return absl::OkStatus();
}

}  // namespace
}  // namespace pavane::testing

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "make_golden DIRECTORY\n");
    return 2;
  }
  const absl::Status made = pavane::testing::Make(argv[1]);
  if (made.ok()) return 0;
  std::fprintf(stderr, "%s\n", made.ToString().c_str());
  return 1;
}
