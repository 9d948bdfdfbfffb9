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
#include <iterator>
#include <system_error>
#include <vector>

namespace pavane::store {
namespace {

constexpr size_t kBlockBytes = 32768;
constexpr size_t kHeaderBytes = 7;
constexpr size_t kSectorBytes = 512;

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

// A whole sector of zeros, or from a sector's start to the end.
bool HasHole(absl::string_view log, size_t from) {
  for (size_t at = from - from % kSectorBytes + kSectorBytes; at < log.size(); at += kSectorBytes) {
    if (IsZero(log.substr(at, kSectorBytes))) return true;
  }
  return IsZero(log.substr(from));
}

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

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

}  // namespace

std::optional<size_t> FindDamage(absl::string_view log) {
  for (size_t at = 0; at < log.size();) {
    const size_t room = kBlockBytes - at % kBlockBytes;
    if (room < kHeaderBytes) {
      at += room;
      continue;
    }
    if (log.size() - at < kHeaderBytes) return std::nullopt;
    const size_t length = LoadLittle(log.substr(at + 4, 2));
    if (kHeaderBytes + length > room) return at;
    if (kHeaderBytes + length > log.size() - at) return std::nullopt;
    const uint32_t stored = LoadLittle(log.substr(at, 4));
    if (stored != Masked(Crc32c(log.substr(at + 6, 1 + length)))) return at;
    at += kHeaderBytes + length;
  }
  return std::nullopt;
}

std::optional<std::string> FindTornLog(const std::string& directory) {
  std::optional<std::string> torn;
  for (const std::string& path : LogFiles(directory)) {
    const std::string log = ReadFile(path);
    // Something was written, and so synced, after the damaged log: not a power cut's doing.
    if (torn.has_value() && !IsZero(log)) return std::nullopt;
    const std::optional<size_t> damage = FindDamage(log);
    if (!damage.has_value()) continue;
    if (!HasHole(log, *damage)) return std::nullopt;
    torn = path;
  }
  return torn;
}

}  // namespace pavane::store
