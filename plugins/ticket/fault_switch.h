// A way to break the service on purpose, for demonstrations and drills.
#ifndef PAVANE_PLUGINS_TICKET_FAULT_SWITCH_H_
#define PAVANE_PLUGINS_TICKET_FAULT_SWITCH_H_

#include <optional>
#include <string>

#include "plugins/common/settlement.h"

namespace pavane::ticket {

// While the file exists, every delivery fails without being looked at, so nothing of it is
// remembered. The file's first word is `reject` or `nack`, the rest of its text the message; an
// empty file rejects. An empty path is a switch that is never on. Thread-safe: it has no state.
class FaultSwitch {
 public:
  explicit FaultSwitch(std::string path);

  // How deliveries fail now, or nothing when all is well.
  std::optional<plugins::Settlement> Failure() const;

 private:
  const std::string path_;
};

}  // namespace pavane::ticket

#endif  // PAVANE_PLUGINS_TICKET_FAULT_SWITCH_H_
