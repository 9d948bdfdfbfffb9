// 8 bytes magic, then twice: position u64, its complement u64; then twice: number u64, its
// complement u64 (absent, that is zeros, in files of earlier versions); all big-endian. The two
// copies are written one after the other: whichever moment the process dies at, one is whole.
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
constexpr size_t kPositionAt[2] = {8, 24};
constexpr size_t kNumberAt[2] = {40, 56};

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
    mark->Set(Position(0), 0);
    std::memcpy(page, kMagic, 8);
  }
  return mark;
}

AckMark::~AckMark() { munmap(page_, kPageBytes); }

uint64_t AckMark::Read(const size_t (&copies)[2]) const {
  uint64_t value = 0;
  for (const size_t at : copies) {
    const uint64_t copy = Load(page_, at);
    if (Load(page_, at + 8) == ~copy) value = std::max(value, copy);
  }
  return value;
}

void AckMark::Write(const size_t (&copies)[2], uint64_t value) {
  for (const size_t at : copies) {
    Store(page_, at, value);
    Store(page_, at + 8, ~value);
  }
}

Position AckMark::position() const { return Position(Read(kPositionAt)); }
uint64_t AckMark::number() const { return Read(kNumberAt); }

void AckMark::Set(Position position, uint64_t number) {
  Write(kPositionAt, position.value());
  Write(kNumberAt, number);
}

}  // namespace pavane::store
