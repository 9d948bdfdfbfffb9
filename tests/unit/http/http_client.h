// One HTTP request over a socket of our own, so that the bytes on the wire are what the test says.
#ifndef PAVANE_TESTS_UNIT_HTTP_HTTP_CLIENT_H_
#define PAVANE_TESTS_UNIT_HTTP_HTTP_CLIENT_H_

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cstdint>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"

namespace pavane::http {

// Connects to 127.0.0.1 and sends `bytes`. Returns the socket; -1 when that did not succeed.
inline int Send(uint16_t port, const std::string& bytes) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  timeval limit = {10, 0};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
  sockaddr_in to = {};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof(to)) == 0 &&
      send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size())) {
    return fd;
  }
  close(fd);
  return -1;
}

// A connection whose request is not complete; open as long as the object lives.
class HalfRequest {
 public:
  HalfRequest(uint16_t port, const std::string& bytes) : fd_(Send(port, bytes)) {}
  ~HalfRequest() {
    if (fd_ >= 0) close(fd_);
  }
  HalfRequest(HalfRequest&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  HalfRequest& operator=(HalfRequest&&) = delete;

 private:
  int fd_;
};

// Sends `bytes`, returns all that comes until the server closes. Empty if nothing comes within ten
// seconds.
inline std::string Exchange(uint16_t port, const std::string& bytes) {
  const int fd = Send(port, bytes);
  std::string answer;
  if (fd >= 0) {
    char buffer[4096];
    ssize_t n;
    while ((n = recv(fd, buffer, sizeof(buffer), 0)) > 0) answer.append(buffer, n);
    close(fd);
  }
  return answer;
}

inline std::string Request(uint16_t port, const std::string& method, const std::string& path) {
  return Exchange(port, absl::StrCat(method, " ", path, " HTTP/1.1\r\nHost: localhost\r\n\r\n"));
}

}  // namespace pavane::http

#endif  // PAVANE_TESTS_UNIT_HTTP_HTTP_CLIENT_H_
