#ifndef PAVANE_TARGETS_DIAL_OUT_H_
#define PAVANE_TARGETS_DIAL_OUT_H_

#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"

#include "base/mutex.h"
#include "targets/dial_out_host.h"

namespace pavane::targets {

class DialledService;

/// The services that the broker dials (`grpc://`, `grpc+unix:`): one connection for each address
/// that some target names, opened with the first such target and closed with the last. Thread-safe.
class DialOut {
 public:
  struct Options {
    std::string broker_version;
    /// Largest message, both ways.
    int message_bytes_max = 16 << 20;
  };

  /// `host` must outlive this object.
  DialOut(DialOutHost& host, Options options);
  ~DialOut();

  void Watch(const std::string& address) ABSL_LOCKS_EXCLUDED(mu_);
  void Unwatch(const std::string& address) ABSL_LOCKS_EXCLUDED(mu_);
  /// Ends all calls and waits for their ends.
  void Stop() ABSL_LOCKS_EXCLUDED(mu_);

 private:
  DialOutHost& host_;
  const Options options_;
  Mutex mu_;
  bool stopped_ ABSL_GUARDED_BY(mu_) = false;
  absl::flat_hash_map<std::string, std::shared_ptr<DialledService>> services_ ABSL_GUARDED_BY(mu_);
};

}  // namespace pavane::targets

#endif  // PAVANE_TARGETS_DIAL_OUT_H_
