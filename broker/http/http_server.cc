#include "http/http_server.h"

#include <civetweb.h>
#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <thread>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

#include "base/log.h"
#include "base/thread.h"

namespace pavane::http {
namespace {

// What civetweb says of every address that it cannot have; the reason is only in its log.
constexpr absl::string_view kNoPorts = "Failed to setup server ports";

// civetweb counts its users and wants to be set up once per process.
void InitLibrary() {
  static const unsigned features = mg_init_library(MG_FEATURES_DEFAULT);
  static_cast<void>(features);
}

void Send(mg_connection* connection, const Response& response, bool with_body) {
  std::string text = absl::StrCat("HTTP/1.1 ", response.status, " ", StatusText(response.status),
                                  "\r\nContent-Type: ", response.content_type,
                                  "\r\nContent-Length: ", response.body.size(),
                                  response.status == 405 ? "\r\nAllow: GET, HEAD" : "",
                                  "\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n");
  if (with_body) text += response.body;
  mg_write(connection, text.data(), text.size());  // a client that went away is no error of ours
}

// Connects and closes at once: civetweb's acceptor looks at its stop flag only every two seconds or
// when somebody knocks.
void Knock(const std::string& host, uint16_t port) {
  addrinfo hints = {}, *found = nullptr;
  hints.ai_family = AF_INET;
  hints.ai_socktype = SOCK_STREAM;
  if (getaddrinfo(host.c_str(), absl::StrCat(port).c_str(), &hints, &found) != 0) return;
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd >= 0) {
    // Whether it succeeds is not of interest: nobody listens any more, or somebody woke up.
    static_cast<void>(connect(fd, found->ai_addr, found->ai_addrlen));
    close(fd);
  }
  freeaddrinfo(found);
}

}  // namespace

absl::StatusOr<std::unique_ptr<HttpServer>> HttpServer::Start(const Options& options,
                                                              Routes routes) {
  if (absl::StrContains(options.host, ':')) {
    // civetweb as the distribution builds it.
    return absl::UnimplementedError(absl::StrCat("cannot listen for HTTP on ", options.host,
                                                 ": no IPv6 here; use an IPv4 address"));
  }
  InitLibrary();
  std::unique_ptr<HttpServer> server(new HttpServer(options.host, std::move(routes)));
  std::string listen = absl::StrCat(options.host, ":", options.port);
  std::string workers = absl::StrCat(options.workers);
  std::string queue = absl::StrCat(options.connections_waiting_max);
  std::string header = absl::StrCat(options.header_bytes_max);
  std::string timeout = absl::StrCat(absl::ToInt64Milliseconds(options.request_timeout));
  const char* settings[] = {"listening_ports",
                            listen.c_str(),
                            "num_threads",
                            workers.c_str(),
                            "connection_queue",
                            queue.c_str(),
                            "max_request_size",
                            header.c_str(),
                            "request_timeout_ms",
                            timeout.c_str(),
                            "enable_keep_alive",
                            "no",
                            "tcp_nodelay",
                            "1",
                            nullptr};
  mg_callbacks callbacks = {};
  callbacks.begin_request = &HttpServer::OnRequest;
  callbacks.log_message = &HttpServer::OnLog;
  mg_init_data init = {&callbacks, server.get(), settings};
  char message[256] = "";
  unsigned code = 0;
  mg_error_data error = {&code, message, sizeof(message)};
  server->context_ = mg_start2(&init, &error);
  if (server->context_ == nullptr) {
    // As the gRPC door says it.
    return absl::UnavailableError(
        absl::StrCat("cannot listen for HTTP on ", listen, ": ",
                     message == kNoPorts ? "is another program using the address?" : message));
  }
  mg_server_port port = {};
  if (mg_get_server_ports(server->context_, 1, &port) < 1) {
    return absl::InternalError("the HTTP server does not know its port");
  }
  server->port_ = static_cast<uint16_t>(port.port);
  return server;
}

void HttpServer::Stop() {
  if (context_ == nullptr) return;
  std::atomic<bool> stopped = false;
  Thread stopper("http-stop", [this, &stopped] {
    mg_stop(context_);
    stopped = true;
  });
  // mg_stop sets its flag at once, but not before a knock that comes too early; hence again.
  for (int i = 0; i < 20 && !stopped; ++i) {
    Knock(host_, port_);
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  stopper.Join();
  context_ = nullptr;
}

std::string HttpServer::address() const { return absl::StrCat(host_, ":", port_); }

int HttpServer::OnRequest(mg_connection* connection) {
  const mg_request_info* request = mg_get_request_info(connection);
  const auto* server = static_cast<const HttpServer*>(request->user_data);
  std::string method = request->request_method;
  std::string path = request->local_uri != nullptr ? request->local_uri : "";
  Response response = server->Answer(method, path);
  Send(connection, response, method != "HEAD");
  return response.status;  // not 0: answered
}

Response HttpServer::Answer(const std::string& method, const std::string& path) const {
  auto route = routes_.find(path);
  if (route == routes_.end()) return JsonError(404, absl::StrCat("nothing is at ", path));
  if (method != "GET" && method != "HEAD") {
    return JsonError(405, absl::StrCat(path, " only takes GET and HEAD"));
  }
  return route->second();
}

int HttpServer::OnLog(const mg_connection*, const char* message) {
  LOG_DEBUG("http: {}", message);
  return 1;  // handled: nothing on stderr
}

}  // namespace pavane::http
