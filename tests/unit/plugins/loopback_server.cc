#include "tests/unit/plugins/loopback_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <utility>

#include "base/check.h"

namespace pavane::testing {

bool Connection::Fill() {
  char bytes[4096];
  const ssize_t count = recv(fd_, bytes, sizeof(bytes), 0);
  if (count <= 0) {
    gone_ = true;
    return false;
  }
  buffer_.append(bytes, static_cast<size_t>(count));
  return true;
}

std::string Connection::ReadLine() {
  size_t end;
  while ((end = buffer_.find("\r\n")) == std::string::npos) {
    if (!Fill()) return "";
  }
  const std::string line = buffer_.substr(0, end);
  buffer_.erase(0, end + 2);
  return line;
}

std::string Connection::ReadBytes(size_t count) {
  while (buffer_.size() < count) {
    if (!Fill()) return "";
  }
  const std::string bytes = buffer_.substr(0, count);
  buffer_.erase(0, count);
  return bytes;
}

void Connection::WriteLine(const std::string& line) {
  const std::string bytes = line + "\r\n";
  // The peer may be gone already; then the next read says so.
  (void)send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
}

LoopbackServer::LoopbackServer(Talk talk) : talk_(std::move(talk)) {
  fd_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  CHECK(fd_ >= 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  CHECK(bind(fd_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0);
  CHECK(listen(fd_, 8) == 0);
  socklen_t size = sizeof(address);
  CHECK(getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { Loop(); });
}

LoopbackServer::~LoopbackServer() {
  shutdown(fd_, SHUT_RDWR);  // ends accept
  thread_.join();
  close(fd_);
}

void LoopbackServer::Loop() {
  for (;;) {
    const int peer = accept(fd_, nullptr, nullptr);
    if (peer < 0) return;
    Connection connection(peer);
    talk_(connection);
    close(peer);
  }
}

}  // namespace pavane::testing
