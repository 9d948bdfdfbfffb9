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

// What the files below a store are for.
struct FileKind {
  const char* suffix;  // of the name, or with a slash its begin
  const char* write;
  const char* sync;
  const char* synced;
};
constexpr FileKind kFileKinds[] = {
    {".log", "fault_env.wal_write", "fault_env.wal_sync", "fault_env.wal_synced"},
    {".sst", "fault_env.table_write", "fault_env.table_sync", "fault_env.table_synced"},
    {"/MANIFEST", "fault_env.manifest_write", "fault_env.manifest_sync",
     "fault_env.manifest_synced"},
    {".dbtmp", "fault_env.current_write", "fault_env.current_sync", "fault_env.current_synced"},
};
constexpr FileKind kOtherKind = {"", "fault_env.other_write", "fault_env.other_sync",
                                 "fault_env.other_synced"};

const FileKind& KindOf(const std::string& path) {
  for (const FileKind& kind : kFileKinds) {
    if (kind.suffix[0] == '/' ? path.find(kind.suffix) != std::string::npos
                              : path.ends_with(kind.suffix)) {
      return kind;
    }
  }
  return kOtherKind;
}

// Lines of words. One write a line: whole, whenever the process dies.
class Journal {
 public:
  explicit Journal(const std::string& path)
      : file_(open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640)) {
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
  std::atomic<uint64_t> syncs_max{UINT64_MAX};
  std::atomic<bool> limited{false};
  std::atomic<int64_t> space_left{0};
  std::atomic<uint64_t> syncs{0};
};

uint64_t SizeOf(const std::string& path) {
  std::error_code error;
  const uint64_t size = std::filesystem::file_size(path, error);
  return error ? 0 : size;
}

class FaultFile : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  FaultFile(std::unique_ptr<rocksdb::FSWritableFile> file, std::string path,
            std::shared_ptr<Faults> faults)
      : FSWritableFileOwnerWrapper(std::move(file)),
        path_(std::move(path)),
        kind_(KindOf(path_)),
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
    return Synced([&] { return target()->Sync(options, dbg); });
  }
  IOStatus Fsync(const IOOptions& options, IODebugContext* dbg) override {
    return Synced([&] { return target()->Fsync(options, dbg); });
  }

 private:
  IOStatus Allow(size_t bytes) {
    FAILPOINT(kind_.write);
    const IOStatus alive = faults_->Check();
    return alive.ok() ? faults_->TakeSpace(bytes) : alive;
  }

  template <typename Call>
  IOStatus Synced(Call call) {
    const IOStatus alive = faults_->Check();
    if (!alive.ok()) return alive;
    FAILPOINT(kind_.sync);
    if (faults_->syncs >= faults_->syncs_max)
      return IOStatus::IOError("sync failed, says the test");
    // Of the file itself: a reopened one counts from zero.
    const uint64_t size = SizeOf(path_);
    const IOStatus synced = call();
    if (synced.ok()) {
      faults_->journal.Write(absl::StrCat("synced ", path_, " ", size, "\n"));
      ++faults_->syncs;
    }
    FAILPOINT(kind_.synced);
    return synced;
  }

  const std::string path_;
  const FileKind& kind_;
  const std::shared_ptr<Faults> faults_;
};

// Each unsynced sector is kept or reads as zeros.
uint64_t PunchHoles(const std::string& path, uint64_t synced, uint64_t size, Random& random) {
  std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
  uint64_t dropped = 0;
  for (uint64_t at = synced; at < size;) {
    const uint64_t end = std::min(size, (at / kSectorBytes + 1) * kSectorBytes);
    if (random.Uniform(2) == 0) {
      file.seekp(static_cast<std::streamoff>(at));
      file << std::string(end - at, '\0');
      dropped += end - at;
    }
    at = end;
  }
  CHECK(file.flush()) << path;
  return dropped;
}

// Keeps `synced` bytes of the file and what the tear leaves of the rest.
uint64_t DropTail(const std::string& path, uint64_t synced, Tear tear, Random& random) {
  const uint64_t size = SizeOf(path);
  if (size <= synced) return 0;
  if (tear == Tear::kHoles) return PunchHoles(path, synced, size, random);
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
    const IOStatus renamed = target()->RenameFile(from, to, options, dbg);
    if (renamed.ok()) faults_->journal.Write(absl::StrCat("renamed ", from, " ", to, "\n"));
    if (to.ends_with("/CURRENT")) FAILPOINT("fault_env.current_renamed");
    return renamed;
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
void FaultEnv::FailSyncs(uint64_t after) {
  Faults& faults = file_system_->faults();
  faults.syncs_max = faults.syncs + after;
}
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
  lines.close();
  CHECK_EQ(truncate(journal.c_str(), 0), 0) << journal;
  return dropped;
}

}  // namespace pavane::testing
