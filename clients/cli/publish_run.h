// Many events published from JSON lines.
#ifndef PAVANE_CLIENTS_CLI_PUBLISH_RUN_H_
#define PAVANE_CLIENTS_CLI_PUBLISH_RUN_H_

#include <cstdint>
#include <istream>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"

#include "clients/cli/context.h"
#include "clients/cli/publish_entry.h"
#include "pavane/publisher.h"

namespace pavane::cli {

struct PublishRunOptions {
  EventFlags flags;
  // Events a second; none: as fast as the broker takes them.
  std::optional<double> rate;
  // How long one event is tried while the broker is away or overloaded.
  absl::Duration retry_for = absl::Seconds(30);
  bool quiet = false;
};

// Publishes every line of a stream with the client library's Publisher, which batches, pipelines
// and goes on after a lost connection. Reports each refusal with its line, progress while it runs
// and a summary at the end. Used once; answers come on the publisher's thread, all else on the
// caller's.
class PublishRun {
 public:
  PublishRun(const Context& context, PublishRunOptions options);

  // Publishes until the end of `in`. OK when every line became an accepted event.
  absl::Status Run(std::istream& in);

  // From any thread: reads no further line. What was read is still published and answered.
  void Stop() { stop_.Notify(); }

 private:
  struct Counts {
    uint64_t lines = 0;
    uint64_t accepted = 0;
    uint64_t duplicates = 0;
    uint64_t refused = 0;
    uint64_t matched_rules = 0;
  };

  PublisherOptions ForPublisher() const;
  absl::Status PublishLines(std::istream& in, Publisher& publisher);
  void PublishLine(Publisher& publisher, uint64_t number, const std::string& line);
  bool Pace(uint64_t events) const;
  void OnResult(uint64_t number, const PublishResult& result);
  void Refuse(uint64_t number, absl::string_view reason, const std::string& message);
  void ShowProgress(bool last);
  absl::Status Summary();

  const Context& context_;
  const PublishRunOptions options_;
  const bool show_progress_;
  absl::Time started_ = absl::Now();
  absl::Time progress_shown_ = absl::InfinitePast();
  absl::Notification stop_;

  // Guards the counts and what is printed.
  absl::Mutex mu_;
  Counts counts_ ABSL_GUARDED_BY(mu_);
  // Of the first refusal, for the exit code.
  absl::StatusCode first_error_ ABSL_GUARDED_BY(mu_) = absl::StatusCode::kOk;
};

}  // namespace pavane::cli

#endif  // PAVANE_CLIENTS_CLI_PUBLISH_RUN_H_
