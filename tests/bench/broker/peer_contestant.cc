#include "tests/bench/broker/peer_contestant.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pwd.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>

namespace pavane::bench {
namespace {

constexpr int kSetUpTries = 100;
constexpr useconds_t kSetUpPauseUs = 100'000;

std::string Find(const std::string& program) {
  for (const char* folder : {"/usr/bin/", "/usr/sbin/", "/usr/lib/postgresql/15/bin/"}) {
    if (::access((folder + program).c_str(), X_OK) == 0) return folder + program;
  }
  return "";
}

// A port that was free a moment ago: these servers cannot be asked to take any.
std::string FreePort() {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (::bind(socket, reinterpret_cast<const sockaddr*>(&address), size) != 0 ||
      ::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    address.sin_port = 0;
  }
  ::close(socket);
  return std::to_string(ntohs(address.sin_port));
}

int RunToEnd(const std::vector<std::string>& command) {
  Child child(command, true);
  while (!child.ReadLine().empty()) {
  }
  return child.Wait();
}

// Which program drives the peer.
std::string ProgramOf(const std::string& name) {
  return "bench_peer_" + name.substr(0, name.find('-'));
}

}  // namespace

const std::vector<std::string>& PeerContestant::Names() {
  static const std::vector<std::string> names = {"redis-everysec", "redis-always", "nats",
                                                 "postgres", "sketch"};
  return names;
}

PeerContestant::PeerContestant(std::string program, Load load)
    : program_(std::move(program)),
      load_(std::move(load)),
      port_(FreePort()),
      address_("127.0.0.1:" + port_),
      stop_signal_(SIGTERM) {
  std::filesystem::create_directory(folder());
}

PeerContestant::~PeerContestant() {
  if (process_ == nullptr) return;
  process_->Signal(stop_signal_);
  process_->Wait();
}

std::unique_ptr<PeerContestant> PeerContestant::Start(const std::string& name,
                                                      const std::string& programs,
                                                      const Load& load) {
  const std::string program = programs + "/" + ProgramOf(name);
  if (::access(program.c_str(), X_OK) != 0) return nullptr;
  std::unique_ptr<PeerContestant> peer(new PeerContestant(program, load));
  bool started = false;
  if (name == "redis-everysec") started = peer->StartRedis("everysec");
  if (name == "redis-always") started = peer->StartRedis("always");
  if (name == "nats") started = peer->StartNats();
  if (name == "postgres") started = peer->StartPostgres();
  if (name == "sketch") started = peer->StartSketch();
  return started ? std::move(peer) : nullptr;
}

bool PeerContestant::StartRedis(const std::string& appendfsync) {
  const std::string server = Find("redis-server");
  if (server.empty()) return false;
  process_ = std::make_unique<Child>(
      std::vector<std::string>{server, "--port", port_, "--bind", "127.0.0.1", "--dir", folder(),
                               "--appendonly", "yes", "--appendfsync", appendfsync, "--save", "",
                               "--auto-aof-rewrite-percentage", "0", "--loglevel", "warning"});
  return SetUp();
}

bool PeerContestant::StartNats() {
  const std::string server = Find("nats-server");
  if (server.empty()) return false;
  const std::string config = folder_.path() + "/nats.conf";
  std::ofstream(config) << "listen: 127.0.0.1:" << port_ << "\njetstream { store_dir: \""
                        << folder() << "\", max_mem: 1G, max_file: 20G }\n";
  process_ = std::make_unique<Child>(
      std::vector<std::string>{server, "-c", config, "-l", folder_.path() + "/nats.log"});
  return SetUp();
}

// PostgreSQL refuses to run as root.
bool PeerContestant::StartPostgres() {
  const std::string init = Find("initdb");
  const std::string server = Find("postgres");
  if (init.empty() || server.empty()) return false;
  std::vector<std::string> as;
  const passwd* user = ::getpwnam("postgres");
  if (::geteuid() == 0) {
    if (user == nullptr || ::chown(folder_.path().c_str(), user->pw_uid, user->pw_gid) != 0 ||
        ::chown(folder().c_str(), user->pw_uid, user->pw_gid) != 0) {
      return false;
    }
    as = {Find("setpriv"), "--reuid=postgres", "--regid=postgres", "--clear-groups"};
  }
  std::vector<std::string> command = as;
  command.insert(command.end(), {init, "-D", folder(), "-A", "trust", "-U", "postgres"});
  if (RunToEnd(command) != 0) return false;
  command = as;
  command.insert(
      command.end(),
      {server, "-D", folder(), "-c", "listen_addresses=127.0.0.1", "-c", "port=" + port_, "-c",
       "unix_socket_directories=", "-c", "shared_buffers=1GB", "-c", "synchronous_commit=on", "-c",
       "max_wal_size=4GB", "-c", "logging_collector=off", "-c", "log_min_messages=panic"});
  stop_signal_ = SIGINT;
  process_ = std::make_unique<Child>(command);
  return SetUp();
}

bool PeerContestant::StartSketch() {
  process_ = std::make_unique<Child>(
      std::vector<std::string>{program_, "serve", address_, folder(), load_.durability});
  return process_->ReadLine() == "ready";
}

bool PeerContestant::SetUp() {
  const std::vector<std::string> command = {program_, "setup", address_,
                                            std::to_string(std::max(load_.consumers, 1))};
  for (int i = 0; i < kSetUpTries; ++i) {
    if (RunToEnd(command) == 0) return true;
    ::usleep(kSetUpPauseUs);
  }
  return false;
}

std::vector<std::string> PeerContestant::Producer() const {
  return {program_, "produce", address_, std::to_string(load_.events), std::to_string(load_.rate)};
}

std::vector<std::string> PeerContestant::Consumer(int index) const {
  return {program_, "consume", address_, std::to_string(load_.events), std::to_string(index)};
}

}  // namespace pavane::bench
