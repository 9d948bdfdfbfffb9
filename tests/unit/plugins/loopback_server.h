// A server on a loopback port that talks as a test tells it to.
#ifndef PAVANE_TESTS_UNIT_PLUGINS_LOOPBACK_SERVER_H_
#define PAVANE_TESTS_UNIT_PLUGINS_LOOPBACK_SERVER_H_

#include <functional>
#include <string>
#include <thread>

namespace pavane::testing {

// One accepted connection, blocking. Reads end at the first error with "".
class Connection {
 public:
  explicit Connection(int fd) : fd_(fd) {}
  // A line without its CRLF; "" also when the peer has gone.
  std::string ReadLine();
  std::string ReadBytes(size_t count);
  bool gone() const { return gone_; }
  // Adds CRLF.
  void WriteLine(const std::string& line);

 private:
  bool Fill();

  const int fd_;
  std::string buffer_;
  bool gone_ = false;
};

// Serves connections one after the other on its own thread, from construction to destruction.
class LoopbackServer {
 public:
  using Talk = std::function<void(Connection&)>;

  explicit LoopbackServer(Talk talk);
  ~LoopbackServer();
  LoopbackServer(const LoopbackServer&) = delete;
  LoopbackServer& operator=(const LoopbackServer&) = delete;

  int port() const { return port_; }

 private:
  void Loop();

  const Talk talk_;
  int fd_ = -1;
  int port_ = 0;
  std::thread thread_;
};

}  // namespace pavane::testing

#endif  // PAVANE_TESTS_UNIT_PLUGINS_LOOPBACK_SERVER_H_
