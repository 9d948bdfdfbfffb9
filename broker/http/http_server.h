// Answers GET and HEAD on a fixed set of paths, over civetweb.
//
// Each connection carries one request and holds a worker while it is read and answered. A client
// that does not finish its request holds it for the request's time limit only; the workers are
// many, so that a hundred such clients delay a probe by no more than that. Handlers run on
// civetweb's workers, concurrently, and must outlive the server's Stop. Everything else than a
// known path and method gets an error as JSON.
#ifndef PAVANE_HTTP_HTTP_SERVER_H_
#define PAVANE_HTTP_HTTP_SERVER_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

#include "http/response.h"

struct mg_context;
struct mg_connection;

namespace pavane::http {

using Handler = std::function<Response()>;
using Routes = std::map<std::string, Handler>;  // by path

class HttpServer {
 public:
  struct Options {
    std::string host = "127.0.0.1";  // IPv4 address or name
    uint16_t port = 0;               // 0: any free one
    int workers = 64;
    int connections_waiting_max = 64;
    int header_bytes_max = 16'384;
    absl::Duration request_timeout = absl::Seconds(2);  // to read a request, and between writes
  };

  // Serves when it returns.
  static absl::StatusOr<std::unique_ptr<HttpServer>> Start(const Options& options, Routes routes);
  ~HttpServer() { Stop(); }
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  // Waits for running handlers. Repeated calls do nothing.
  void Stop();

  uint16_t port() const { return port_; }
  // "127.0.0.1:7441", with the port in use.
  std::string address() const;

 private:
  HttpServer(std::string host, Routes routes)
      : host_(std::move(host)), routes_(std::move(routes)) {}

  static int OnRequest(mg_connection* connection);
  static int OnLog(const mg_connection* connection, const char* message);
  Response Answer(const std::string& method, const std::string& path) const;

  const std::string host_;
  const Routes routes_;
  uint16_t port_ = 0;
  mg_context* context_ = nullptr;
};

}  // namespace pavane::http

#endif  // PAVANE_HTTP_HTTP_SERVER_H_
