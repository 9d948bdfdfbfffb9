// 8 bytes magic, then twice: position u64, its complement u64, all big-endian. The two copies are
// written one after the other: whichever moment the process dies at, one of them is whole.
#include "store/ack_mark.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace pavane::store {
namespace {

constexpr size_t kPageBytes = 4096;
constexpr char kMagic[9] = "PAVANEAM";
constexpr size_t kCopyAt[2] = {8, 24};

volatile uint8_t* At(void* page, size_t offset) { return static_cast<uint8_t*>(page) + offset; }

void Store(void* page, size_t offset, uint64_t value) {
  for (int i = 0; i < 8; ++i) At(page, offset)[i] = static_cast<uint8_t>(value >> (56 - 8 * i));
}

uint64_t Load(void* page, size_t offset) {
  uint64_t value = 0;
  for (int i = 0; i < 8; ++i) value = value << 8 | At(page, offset)[i];
  return value;
}

}  // namespace

absl::StatusOr<std::unique_ptr<AckMark>> AckMark::Open(const std::string& path) {
  const auto failed = [&](absl::string_view what) {
    return absl::ErrnoToStatus(errno, absl::StrCat(what, " ", path));
  };
  const int file = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0640);
  if (file < 0) return failed("opening");
  // Allocated, not only extended: a store to a page without a block would be a SIGBUS on a full
  // disk.
  errno = posix_fallocate(file, 0, kPageBytes);
  if (errno != 0) {
    const absl::Status status = failed("allocating");
    close(file);
    return status;
  }
  void* page = mmap(nullptr, kPageBytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  const absl::Status mapped = page == MAP_FAILED ? failed("mapping") : absl::OkStatus();
  close(file);
  if (!mapped.ok()) return mapped;
  std::unique_ptr<AckMark> mark(new AckMark(page));
  if (std::memcmp(page, kMagic, 8) != 0) {
    std::memset(page, 0, kPageBytes);
    mark->Set(Position(0));
    std::memcpy(page, kMagic, 8);
  }
  return mark;
}

AckMark::~AckMark() { munmap(page_, kPageBytes); }

Position AckMark::position() const {
  uint64_t position = 0;
  for (const size_t at : kCopyAt) {
    const uint64_t copy = Load(page_, at);
    if (Load(page_, at + 8) == ~copy) position = std::max(position, copy);
  }
  return Position(position);
}

void AckMark::Set(Position position) {
  for (const size_t at : kCopyAt) {
    Store(page_, at, position.value());
    Store(page_, at + 8, ~position.value());
  }
}

}  // namespace pavane::store
