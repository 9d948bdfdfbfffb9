#include "supervision/lock_holders.h"

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace pavane::supervision {
namespace {

constexpr int kNamedMax = 8;
// Inherited descriptors have low numbers, and come first.
constexpr int kDescriptorsPerProcessMax = 256;
constexpr int kProcessesMax = 32'768;

std::string LinkOf(const std::string& path) {
  char text[4096];
  const ssize_t size = readlink(path.c_str(), text, sizeof(text));
  return size < 0 ? "" : std::string(text, size);
}

std::string CommandOf(pid_t pid) {
  std::ifstream in(absl::StrCat("/proc/", pid, "/comm"));
  std::string command;
  std::getline(in, command);
  return absl::CHexEscape(command);
}

class OpenFile {
 public:
  explicit OpenFile(int fd) {
    const std::string path = LinkOf(absl::StrCat("/proc/self/fd/", fd));
    end_ = path.substr(path.rfind('/') + 1);
    known_ = fstat(fd, &file_) == 0 && !end_.empty();
  }

  bool IsOpenIn(pid_t pid) const {
    const std::string folder = absl::StrCat("/proc/", pid, "/fd");
    DIR* descriptors = known_ ? opendir(folder.c_str()) : nullptr;
    if (descriptors == nullptr) return false;
    bool found = false;
    for (int left = kDescriptorsPerProcessMax; left > 0 && !found; --left) {
      const dirent* entry = readdir(descriptors);
      if (entry == nullptr) break;
      found = Is(absl::StrCat(folder, "/", entry->d_name));
    }
    closedir(descriptors);
    return found;
  }

 private:
  // The name first: to ask for the inode of anything else may block on a dead network mount.
  bool Is(const std::string& link) const {
    struct stat other;
    return absl::EndsWith(LinkOf(link), end_) && stat(link.c_str(), &other) == 0 &&
           other.st_dev == file_.st_dev && other.st_ino == file_.st_ino;
  }

  std::string end_;  // its name without folders
  struct stat file_ = {};
  bool known_ = false;
};

}  // namespace

std::string HoldersOf(int fd) {
  std::string holders;
  DIR* proc = opendir("/proc");
  if (proc == nullptr) return holders;
  const OpenFile file(fd);
  int named = 0;
  for (int left = kProcessesMax; left > 0; --left) {
    const dirent* entry = readdir(proc);
    if (entry == nullptr) break;
    pid_t pid = 0;
    if (!absl::SimpleAtoi(entry->d_name, &pid) || pid == getpid() || !file.IsOpenIn(pid)) continue;
    if (named == kNamedMax) {
      absl::StrAppend(&holders, ", ...");
      break;
    }
    absl::StrAppend(&holders, named++ == 0 ? "" : ", ", pid, " (", CommandOf(pid), ")");
  }
  closedir(proc);
  return holders;
}

}  // namespace pavane::supervision
