#ifndef PAVANE_TESTS_SCENARIO_SCENARIO_H_
#define PAVANE_TESTS_SCENARIO_SCENARIO_H_

#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

#include "tests/unit/delivery/harness.h"

namespace pavane::testing {

/// Plays a text: lines that begin with `>` are said to a delivery station over a real log, whose
/// clock stands still until told; the lines below tell what came of it. Run returns the text with
/// what really came, so that a difference reads as a diff, and a changed behaviour is reviewed as
/// one.
///
///   > target ID ADDRESS [retries=N] [age=1h] [lease=10s] [ordering=key] [block]
///   > connect SERVICE [CREDIT]                    (again: a new instance; the old one is closed)
///   > publish [KEY ...]                           one event for each; `-` has no key
///   > ack|nack|release|reject SEQUENCE [DELAY|CODE]
///   > advance DURATION
///   > redrive|skip|purge SEQUENCE
///   > pause|resume ID
///   > kill | stop                                 and start again
///   > stats ID
class Scenario {
 public:
  /// InvalidArgument for a line that is no command.
  absl::StatusOr<std::string> Run(absl::string_view text);

 private:
  using Words = std::vector<std::string>;
  struct Target {
    Words definition;
    bool paused = false;
    TargetId id;
  };

  absl::Status Say(const Words& words);
  absl::Status Put(const Words& words);
  void PutAll();
  void Connect(const Words& words);
  void Publish(const Words& words);
  absl::Status Settle(const Words& words);
  absl::Status ChangeLetter(const Words& words);
  absl::Status Stats(const Words& words);
  /// Adds what has happened to the text.
  void Watch();

  delivery::Harness harness_;
  std::vector<std::pair<std::string, Target>> targets_;  // by id, in order
  std::map<std::string, delivery::Harness::Client> clients_;
  std::map<uint64_t, std::pair<std::string, std::string>> held_;  // service, delivery id
  std::map<std::string, uint64_t> sequences_;                     // by delivery id
  uint64_t last_letter_ = 0;
  std::string out_;
};

}  // namespace pavane::testing

#endif  // PAVANE_TESTS_SCENARIO_SCENARIO_H_
