// A write-ahead log is blocks of 32 KiB; a block holds fragments of records:
//
//   masked CRC-32C of type and data u32 | length u16 | type u8 | data        little-endian
//
// and, where less than a header fits, zeros. (RocksDB's db/log_format.h; log files are not
// recycled here, so its longer header does not occur.)
#include "store/wal_tail.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace pavane::store {
namespace {

constexpr size_t kBlockBytes = 32768;
constexpr size_t kHeaderBytes = 7;
constexpr size_t kSectorBytes = 512;
constexpr size_t kBatchHeadBytes = 12;  // of RocksDB's WriteBatch
constexpr uint8_t kFullType = 1;
constexpr uint8_t kFirstType = 2;
constexpr uint8_t kLastType = 4;  // of a record in several fragments

// Only read on the way to refusing a start, so plain is fast enough.
uint32_t Crc32c(absl::string_view bytes) {
  static const std::array<uint32_t, 256> kTable = [] {
    std::array<uint32_t, 256> table;
    for (uint32_t i = 0; i < table.size(); ++i) {
      uint32_t value = i;
      for (int bit = 0; bit < 8; ++bit) value = value >> 1 ^ (value & 1 ? 0x82f63b78u : 0);
      table[i] = value;
    }
    return table;
  }();
  uint32_t crc = ~0u;
  for (const char c : bytes) crc = crc >> 8 ^ kTable[(crc ^ static_cast<uint8_t>(c)) & 0xff];
  return ~crc;
}

uint32_t Masked(uint32_t crc) { return (crc >> 15 | crc << 17) + 0xa282ead8u; }

uint32_t LoadLittle(absl::string_view bytes) {
  uint32_t value = 0;
  for (size_t i = bytes.size(); i > 0; --i) value = value << 8 | static_cast<uint8_t>(bytes[i - 1]);
  return value;
}

bool IsZero(absl::string_view bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](char c) { return c == 0; });
}

size_t SectorEnd(size_t at) { return (at / kSectorBytes + 1) * kSectorBytes; }

// Numbers have leading zeros, so names sort as they do.
std::vector<std::string> LogFiles(const std::string& directory) {
  std::vector<std::string> paths;
  std::error_code error;
  for (auto at = std::filesystem::directory_iterator(directory, error);
       !error && at != std::filesystem::directory_iterator(); at.increment(error)) {
    if (at->path().extension() == ".log") paths.push_back(at->path());
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

// Goes over a log's blocks in order.
class Scanner {
 public:
  explicit Scanner(bool checksums) : checksums_(checksums) {}

  void Block(size_t begin, absl::string_view block) {
    if (!IsZero(block)) scan_.empty = false;
    if (scan_.damage.has_value()) {
      if (!scan_.hole) LookForHole(begin, block, 0);
      return;
    }
    if (zeros_.has_value() && !IsZero(block)) {
      scan_.damage = zeros_;
      scan_.hole = zeros_are_sector_;
      return;
    }
    size_t at = 0;
    while (block.size() - at >= kHeaderBytes && Fragment(begin, block, at)) {
    }
    if (scan_.damage.has_value() && !scan_.hole) LookForHole(begin, block, *scan_.damage - begin);
    // Less than a header: only the end of the file is shorter than a block.
    if (!scan_.damage && !zeros_ && block.size() < kBlockBytes && at < block.size() && !record_) {
      record_ = begin + at;
    }
  }

  LogScan Finish() {
    if (!scan_.damage.has_value()) scan_.cut = record_;
    return scan_;
  }

 private:
  // False when the block has no further one.
  bool Fragment(size_t begin, absl::string_view block, size_t& at) {
    const size_t length = LoadLittle(block.substr(at + 4, 2));
    const auto type = static_cast<uint8_t>(block[at + 6]);
    const size_t room = kBlockBytes - at;
    if (type == 0 && length == 0) return Zeros(begin, block, at);
    if (!record_) record_ = begin + at;
    if (kHeaderBytes + length > room) return Damage(begin + at);
    if (kHeaderBytes + length > block.size() - at) return false;  // cut off
    if (checksums_ &&
        LoadLittle(block.substr(at, 4)) != Masked(Crc32c(block.substr(at + 6, 1 + length)))) {
      return Damage(begin + at);
    }
    Number(type, block.substr(at + kHeaderBytes, length));
    if (type == kFullType || type == kLastType) record_.reset();
    at += kHeaderBytes + length;
    return true;
  }

  // A record begins with the number of its first key and how many there are.
  void Number(uint8_t type, absl::string_view data) {
    if (type == kFullType || type == kFirstType) head_.clear();
    head_.append(data.data(), std::min(data.size(), kBatchHeadBytes - head_.size()));
    if (type != kFullType && type != kLastType) return;
    if (head_.size() < kBatchHeadBytes) return;
    const uint64_t first = LoadLittle(head_.substr(0, 4)) | uint64_t{LoadLittle(head_.substr(4, 4))}
                                                                << 32;
    if (scan_.next_number == 0) scan_.first_number = first;
    scan_.next_number = first + LoadLittle(head_.substr(8, 4));
  }

  bool Damage(size_t at) {
    scan_.damage = at;
    return false;
  }

  // RocksDB takes zeros for the end, and skips to the next block.
  bool Zeros(size_t begin, absl::string_view block, size_t at) {
    const size_t end = std::min(SectorEnd(begin + at) - begin, block.size());
    zeros_are_sector_ = IsZero(block.substr(at, end - at));
    zeros_ = begin + at;
    if (!IsZero(block.substr(at))) {
      scan_.damage = zeros_;
      scan_.hole = zeros_are_sector_;
    }
    return false;
  }

  // A whole sector of zeros at or behind the damage.
  void LookForHole(size_t begin, absl::string_view block, size_t from) {
    if (from % kSectorBytes != 0) from = SectorEnd(begin + from) - begin;
    for (size_t at = from; at < block.size() && !scan_.hole; at += kSectorBytes) {
      scan_.hole = IsZero(block.substr(at, kSectorBytes));
    }
  }

  const bool checksums_;
  std::optional<size_t> record_;  // begin of a record whose end has not come
  std::string head_;              // its first bytes
  std::optional<size_t> zeros_;
  bool zeros_are_sector_ = false;
  LogScan scan_;
};

}  // namespace

LogScan ScanLog(const std::string& path, bool checksums) {
  std::ifstream file(path, std::ios::binary);
  std::string block(kBlockBytes, '\0');
  Scanner scanner(checksums);
  size_t begin = 0;
  while (file) {
    file.read(block.data(), kBlockBytes);
    const auto got = static_cast<size_t>(file.gcount());
    if (got > 0) scanner.Block(begin, absl::string_view(block).substr(0, got));
    begin += got;
  }
  return scanner.Finish();
}

uint64_t LogNumber(const std::string& path) {
  uint64_t number = 0;
  const std::string name = std::filesystem::path(path).stem();
  return absl::SimpleAtoi(name, &number) ? number : 0;
}

absl::StatusOr<LogsScan> ScanLogs(const std::string& directory, bool checksums,
                                  uint64_t first_needed) {
  LogsScan logs;
  const auto damaged = [](const std::string& path, size_t at) {
    return absl::DataLossError(
        absl::StrCat("the write-ahead log ", path, " does not read back at byte ", at));
  };
  for (const std::string& path : LogFiles(directory)) {
    const uint64_t number = LogNumber(path);
    if (number < first_needed) continue;
    std::error_code error;
    const uint64_t bytes = std::filesystem::file_size(path, error);
    if (!error && bytes > 0) logs.files.push_back({number, bytes});
    const LogScan scan = ScanLog(path, checksums);
    // Something was written, and so synced, after the damaged log: not a power cut's doing.
    if (logs.torn.has_value() && !scan.empty) return damaged(logs.torn->path, logs.torn->offset);
    if (logs.next_number != 0 && scan.first_number != 0 && scan.first_number != logs.next_number) {
      return absl::DataLossError(absl::StrCat(
          "the write-ahead log ", logs.last, " has lost its end: it stops before number ",
          logs.next_number, ", and ", path, " begins with ", scan.first_number));
    }
    if (scan.next_number != 0) {
      logs.next_number = scan.next_number;
      logs.last = path;
    }
    if (!scan.damage.has_value()) continue;
    if (!scan.hole) return damaged(path, *scan.damage);
    logs.torn = TornLog{path, *scan.damage};
  }
  return logs;
}

}  // namespace pavane::store
