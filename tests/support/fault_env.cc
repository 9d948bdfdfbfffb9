#include "tests/support/fault_env.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"

#include "base/check.h"
#include "base/failpoint.h"
#include "base/random.h"

namespace pavane::testing {
namespace {

using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
using rocksdb::Slice;

constexpr uint64_t kSectorBytes = 512;

bool IsWriteAheadLog(const std::string& path) { return path.ends_with(".log"); }

// Lines of words. One write a line: whole, whenever the process dies.
class Journal {
 public:
  explicit Journal(const std::string& path)
      : file_(open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0640)) {
    CHECK(file_ >= 0) << path;
  }
  ~Journal() { close(file_); }

  void Write(const std::string& line) {
    const ssize_t written = write(file_, line.data(), line.size());
    CHECK_EQ(written, static_cast<ssize_t>(line.size())) << "the test's own disk";
  }

 private:
  const int file_;
};

struct Faults {
  explicit Faults(const std::string& journal_path) : journal(journal_path) {}

  IOStatus Check() const { return frozen ? IOStatus::IOError("frozen") : IOStatus::OK(); }
  IOStatus TakeSpace(size_t bytes) {
    if (!limited) return IOStatus::OK();
    if (space_left.fetch_sub(static_cast<int64_t>(bytes)) < static_cast<int64_t>(bytes)) {
      return IOStatus::NoSpace("no space left, says the test");
    }
    return IOStatus::OK();
  }

  Journal journal;
  std::atomic<bool> frozen{false};
  std::atomic<bool> fail_syncs{false};
  std::atomic<bool> limited{false};
  std::atomic<int64_t> space_left{0};
  std::atomic<uint64_t> syncs{0};
};

class FaultFile : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  FaultFile(std::unique_ptr<rocksdb::FSWritableFile> file, std::string path,
            std::shared_ptr<Faults> faults)
      : FSWritableFileOwnerWrapper(std::move(file)),
        path_(std::move(path)),
        faults_(std::move(faults)) {}

  IOStatus Append(const Slice& data, const IOOptions& options, IODebugContext* dbg) override {
    IOStatus allowed = Allow(data.size());
    return allowed.ok() ? target()->Append(data, options, dbg) : allowed;
  }
  IOStatus Append(const Slice& data, const IOOptions& options,
                  const rocksdb::DataVerificationInfo& info, IODebugContext* dbg) override {
    IOStatus allowed = Allow(data.size());
    return allowed.ok() ? target()->Append(data, options, info, dbg) : allowed;
  }
  IOStatus PositionedAppend(const Slice& data, uint64_t offset, const IOOptions& options,
                            IODebugContext* dbg) override {
    IOStatus allowed = Allow(data.size());
    return allowed.ok() ? target()->PositionedAppend(data, offset, options, dbg) : allowed;
  }
  IOStatus PositionedAppend(const Slice& data, uint64_t offset, const IOOptions& options,
                            const rocksdb::DataVerificationInfo& info,
                            IODebugContext* dbg) override {
    IOStatus allowed = Allow(data.size());
    return allowed.ok() ? target()->PositionedAppend(data, offset, options, info, dbg) : allowed;
  }
  IOStatus Sync(const IOOptions& options, IODebugContext* dbg) override {
    return Synced(options, dbg, [&] { return target()->Sync(options, dbg); });
  }
  IOStatus Fsync(const IOOptions& options, IODebugContext* dbg) override {
    return Synced(options, dbg, [&] { return target()->Fsync(options, dbg); });
  }

 private:
  IOStatus Allow(size_t bytes) {
    const IOStatus alive = faults_->Check();
    return alive.ok() ? faults_->TakeSpace(bytes) : alive;
  }

  template <typename Call>
  IOStatus Synced(const IOOptions& options, IODebugContext* dbg, Call call) {
    const IOStatus alive = faults_->Check();
    if (!alive.ok()) return alive;
    if (IsWriteAheadLog(path_)) FAILPOINT("fault_env.before_wal_sync");
    if (faults_->fail_syncs) return IOStatus::IOError("sync failed, says the test");
    const uint64_t size = target()->GetFileSize(options, dbg);
    const IOStatus synced = call();
    if (synced.ok()) {
      faults_->journal.Write(absl::StrCat("synced ", path_, " ", size, "\n"));
      ++faults_->syncs;
    }
    if (IsWriteAheadLog(path_)) FAILPOINT("fault_env.after_wal_sync");
    return synced;
  }

  const std::string path_;
  const std::shared_ptr<Faults> faults_;
};

uint64_t SizeOf(const std::string& path) {
  std::error_code error;
  const uint64_t size = std::filesystem::file_size(path, error);
  return error ? 0 : size;
}

// Keeps `synced` bytes of the file and what the tear leaves of the rest.
uint64_t DropTail(const std::string& path, uint64_t synced, Tear tear, Random& random) {
  const uint64_t size = SizeOf(path);
  if (size <= synced) return 0;
  const uint64_t unsynced = size - synced;
  uint64_t kept = tear == Tear::kNothing ? 0 : random.Uniform(unsynced);
  if (tear == Tear::kZeros) {
    // Disks write whole sectors.
    kept = std::min(unsynced,
                    (synced + kept + kSectorBytes - 1) / kSectorBytes * kSectorBytes - synced);
  }
  CHECK_EQ(truncate(path.c_str(), static_cast<off_t>(synced + kept)), 0) << path;
  if (tear == Tear::kZeros) {
    CHECK_EQ(truncate(path.c_str(), static_cast<off_t>(size)), 0) << path;
  }
  return unsynced - kept;
}

}  // namespace

class FaultEnv::FileSystem : public rocksdb::FileSystemWrapper {
 public:
  explicit FileSystem(const std::string& journal)
      : FileSystemWrapper(rocksdb::FileSystem::Default()),
        faults_(std::make_shared<Faults>(journal)) {}

  const char* Name() const override { return "FaultFileSystem"; }
  Faults& faults() { return *faults_; }

  IOStatus NewWritableFile(const std::string& path, const rocksdb::FileOptions& options,
                           std::unique_ptr<rocksdb::FSWritableFile>* result,
                           IODebugContext* dbg) override {
    const IOStatus alive = faults_->Check();
    if (!alive.ok()) return alive;
    faults_->journal.Write(absl::StrCat("created ", path, "\n"));
    return Wrap(target()->NewWritableFile(path, options, result, dbg), path, result);
  }
  IOStatus ReopenWritableFile(const std::string& path, const rocksdb::FileOptions& options,
                              std::unique_ptr<rocksdb::FSWritableFile>* result,
                              IODebugContext* dbg) override {
    const IOStatus alive = faults_->Check();
    if (!alive.ok()) return alive;
    // What it held before this run is on disk.
    faults_->journal.Write(absl::StrCat("synced ", path, " ", SizeOf(path), "\n"));
    return Wrap(target()->ReopenWritableFile(path, options, result, dbg), path, result);
  }
  IOStatus ReuseWritableFile(const std::string&, const std::string&, const rocksdb::FileOptions&,
                             std::unique_ptr<rocksdb::FSWritableFile>*, IODebugContext*) override {
    return IOStatus::NotSupported("log files are not recycled here");
  }
  IOStatus RenameFile(const std::string& from, const std::string& to, const IOOptions& options,
                      IODebugContext* dbg) override {
    const IOStatus alive = faults_->Check();
    if (!alive.ok()) return alive;
    faults_->journal.Write(absl::StrCat("renamed ", from, " ", to, "\n"));
    return target()->RenameFile(from, to, options, dbg);
  }
  IOStatus DeleteFile(const std::string& path, const IOOptions& options,
                      IODebugContext* dbg) override {
    const IOStatus alive = faults_->Check();
    if (!alive.ok()) return alive;
    const IOStatus deleted = target()->DeleteFile(path, options, dbg);
    if (deleted.ok()) faults_->journal.Write(absl::StrCat("deleted ", path, "\n"));
    return deleted;
  }

 private:
  IOStatus Wrap(IOStatus made, const std::string& path,
                std::unique_ptr<rocksdb::FSWritableFile>* result) {
    if (made.ok()) *result = std::make_unique<FaultFile>(std::move(*result), path, faults_);
    return made;
  }

  const std::shared_ptr<Faults> faults_;
};

FaultEnv::FaultEnv(const std::string& journal)
    : file_system_(std::make_shared<FileSystem>(journal)),
      env_(rocksdb::NewCompositeEnv(file_system_)) {}

FaultEnv::~FaultEnv() = default;

void FaultEnv::SetSpaceLeft(int64_t bytes) {
  file_system_->faults().space_left = bytes;
  file_system_->faults().limited = true;
}
void FaultEnv::FailSyncs() { file_system_->faults().fail_syncs = true; }
void FaultEnv::Freeze() { file_system_->faults().frozen = true; }
uint64_t FaultEnv::syncs() const { return file_system_->faults().syncs; }

absl::StatusOr<uint64_t> DropUnsynced(const std::string& journal, Tear tear, uint64_t seed) {
  std::ifstream lines(journal);
  if (!lines) return absl::NotFoundError(journal);
  // Paths of the test's folders have no blanks. Nothing known of a file: it is from before.
  struct File {
    bool synced_once = false;
    uint64_t synced = 0;
  };
  std::map<std::string, File> files;
  std::string verb;
  std::string path;
  while (lines >> verb >> path) {
    if (verb == "created") {
      files[path] = {};
    } else if (verb == "synced") {
      uint64_t size = 0;
      lines >> size;
      files[path] = {true, size};
    } else if (verb == "renamed") {
      std::string to;
      lines >> to;
      files[to] = files[path];
      files.erase(path);
    } else {
      files.erase(path);
    }
  }
  SeededRandom random(seed);
  uint64_t dropped = 0;
  for (const auto& [name, file] : files) {
    dropped += DropTail(name, file.synced, tear, random);
    std::error_code ignored;  // it may have gone without our seeing
    if (!file.synced_once) std::filesystem::remove(name, ignored);
  }
  return dropped;
}

}  // namespace pavane::testing
