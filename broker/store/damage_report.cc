#include "store/damage_report.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <system_error>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "rocksdb/options.h"
#include "rocksdb/sst_file_reader.h"

#include "store/wal_tail.h"

namespace pavane::store {
namespace {

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

// Names of all files, in order.
std::vector<std::string> FilesOf(const std::string& directory) {
  std::vector<std::string> names;
  std::error_code error;
  for (auto at = std::filesystem::directory_iterator(directory, error);
       !error && at != std::filesystem::directory_iterator(); at.increment(error)) {
    names.push_back(at->path().filename());
  }
  std::sort(names.begin(), names.end());
  return names;
}

// The manifest has the format of a write-ahead log.
std::optional<std::string> DamageOfLog(const std::string& path) {
  const LogScan scan = ScanLog(path, true);
  if (scan.damage) return absl::StrCat("does not read back at byte ", *scan.damage);
  if (scan.cut) return absl::StrCat("ends within the record at byte ", *scan.cut);
  return std::nullopt;
}

// All that may have lost its end without a trace: with their sizes, for who knows them.
std::string LogsOf(const std::string& directory, const std::vector<std::string>& names) {
  std::vector<std::string> sizes;
  for (const std::string& name : names) {
    if (!absl::StartsWith(name, "MANIFEST-") && !absl::EndsWith(name, ".log")) continue;
    std::error_code error;
    const auto size = std::filesystem::file_size(absl::StrCat(directory, "/", name), error);
    if (!error) sizes.push_back(absl::StrCat(name, " (", size, " bytes)"));
  }
  return absl::StrJoin(sizes, ", ");
}

std::optional<std::string> DamageOfTable(const std::string& path) {
  rocksdb::SstFileReader reader{rocksdb::Options()};
  rocksdb::Status status = reader.Open(path);
  if (status.ok()) status = reader.VerifyChecksum();
  if (status.ok()) return std::nullopt;
  return absl::StrCat("does not read back: ", status.ToString());
}

std::optional<std::string> DamageOfCurrent(const std::string& directory) {
  const std::string text = ReadFile(directory + "/CURRENT");
  std::error_code error;
  if (!text.empty() && text.back() == '\n' && absl::StartsWith(text, "MANIFEST-") &&
      std::filesystem::exists(absl::StrCat(directory, "/", text.substr(0, text.size() - 1)),
                              error)) {
    return std::nullopt;
  }
  return "does not name a manifest";
}

std::optional<std::string> DamageOf(const std::string& directory, const std::string& name) {
  const std::string path = absl::StrCat(directory, "/", name);
  if (name == "CURRENT") return DamageOfCurrent(directory);
  if (absl::StartsWith(name, "MANIFEST-")) return DamageOfLog(path);
  if (absl::EndsWith(name, ".log")) return DamageOfLog(path);
  if (absl::EndsWith(name, ".sst")) return DamageOfTable(path);
  return std::nullopt;
}

}  // namespace

absl::Status WithDamagedFiles(const absl::Status& refusal, const std::string& directory) {
  const std::vector<std::string> names = FilesOf(directory);
  std::vector<std::string> found;
  for (const std::string& name : names) {
    const std::optional<std::string> damage = DamageOf(directory, name);
    if (damage) found.push_back(absl::StrCat(name, " ", *damage));
  }
  const std::string report =
      found.empty() ? absl::StrCat("every file reads back; one of these may have lost its end: ",
                                   LogsOf(directory, names))
                    : absl::StrJoin(found, "; ");
  return absl::Status(refusal.code(), absl::StrCat(refusal.message(), " [", report, "]"));
}

}  // namespace pavane::store
