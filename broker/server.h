#ifndef PAVANE_SERVER_H_
#define PAVANE_SERVER_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "config/config.h"

namespace pavane {

/// The broker: makes all parts from the configuration and joins them. The only one that knows all
/// of them; started and stopped by main.
///
/// Start order: log, recovery, writer, delivery, doors, plugins, housekeeping. Stop order: the
/// reverse, doors before delivery, the store last.
class Server {
 public:
  struct About {
    std::string version;
    std::string commit;
  };

  /// Serves when it returns. `on_store_failure` is called once, on the writer's thread, when the
  /// store has failed: then nothing is acknowledged any more and the process should end soon,
  /// without Stop. Errors: see Log::Open; Unavailable when an address is taken.
  static absl::StatusOr<std::unique_ptr<Server>> Start(config::Config config, About about,
                                                       std::function<void()> on_store_failure);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  /// Drains: no new publishes, streams told, plugins stopped, settlements awaited up to
  /// drain.timeout; then closes everything. Repeated calls do nothing.
  void Stop();

  std::string grpc_address() const;
  /// Empty without an HTTP door.
  std::string http_address() const;

 private:
  class Impl;
  explicit Server(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

}  // namespace pavane

#endif  // PAVANE_SERVER_H_
