// An event as a plugin's logic sees it: no transport, no CloudEvents message, just what it is
// about.
#ifndef PAVANE_PLUGINS_COMMON_EVENT_H_
#define PAVANE_PLUGINS_COMMON_EVENT_H_

#include <string>

#include "plugins/common/json.h"

namespace pavane::plugins {

struct Event {
  std::string id;      // in an emit: empty until the inbox or the outbox gives one
  std::string source;  // in an emit: empty until then, too
  std::string type;
  std::string subject;
  std::string flow;  // `correlationid`; the broker sets it in emits
  Json data;
};

}  // namespace pavane::plugins

#endif  // PAVANE_PLUGINS_COMMON_EVENT_H_
