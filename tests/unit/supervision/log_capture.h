// Catches the log while it lives, and waits for lines.
#ifndef PAVANE_TESTS_UNIT_SUPERVISION_LOG_CAPTURE_H_
#define PAVANE_TESTS_UNIT_SUPERVISION_LOG_CAPTURE_H_

#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/string_view.h"
#include "absl/time/clock.h"

#include "base/log.h"
#include "base/mutex.h"

namespace pavane::supervision {

class LogCapture {
 public:
  LogCapture() {
    LogOptions options;
    options.sink = [this](absl::string_view line) {
      MutexLock lock(mu_);
      lines_.emplace_back(line);
      changed_.NotifyAll();
    };
    ConfigureLog(options);
  }
  ~LogCapture() { ConfigureLog({}); }

  // Takes the first line that has `part` in it out of those caught; "" if none comes in ten
  // seconds.
  std::string Await(absl::string_view part) {
    absl::Time deadline = absl::Now() + absl::Seconds(10);
    MutexLock lock(mu_);
    while (absl::Now() < deadline) {
      for (auto line = lines_.begin(); line != lines_.end(); ++line) {
        if (!absl::StrContains(*line, part)) continue;
        std::string found = *line;
        lines_.erase(line);
        return found;
      }
      changed_.WaitFor(mu_, deadline - absl::Now());
    }
    return "";
  }

 private:
  Mutex mu_;
  CondVar changed_;
  std::vector<std::string> lines_;
};

}  // namespace pavane::supervision

#endif  // PAVANE_TESTS_UNIT_SUPERVISION_LOG_CAPTURE_H_
