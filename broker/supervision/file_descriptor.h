// Owns a file descriptor and closes it.
#ifndef PAVANE_SUPERVISION_FILE_DESCRIPTOR_H_
#define PAVANE_SUPERVISION_FILE_DESCRIPTOR_H_

#include <unistd.h>

#include <utility>

namespace pavane::supervision {

class FileDescriptor {
 public:
  FileDescriptor() = default;
  explicit FileDescriptor(int fd) : fd_(fd) {}
  ~FileDescriptor() { Close(); }
  FileDescriptor(FileDescriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept {
    Close();
    fd_ = std::exchange(other.fd_, -1);
    return *this;
  }

  int get() const { return fd_; }
  bool is_open() const { return fd_ >= 0; }
  void Close() {
    if (fd_ >= 0) close(std::exchange(fd_, -1));
  }

 private:
  int fd_ = -1;
};

}  // namespace pavane::supervision

#endif  // PAVANE_SUPERVISION_FILE_DESCRIPTOR_H_
