#include "pavane/log.h"

#include <cstdio>
#include <string>

namespace pavane {
inline namespace client {

std::string_view LogLevelName(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return "debug";
    case LogLevel::kInfo:
      return "info";
    case LogLevel::kWarning:
      return "warning";
    case LogLevel::kError:
      return "error";
  }
  return "?";
}

Logger StderrLogger() {
  return [](LogLevel level, std::string_view line) {
    if (level < LogLevel::kInfo) return;
    std::string text(LogLevelName(level));
    text.append(" ").append(line).append("\n");
    // One call, so that lines of several threads do not mix.
    std::fwrite(text.data(), 1, text.size(), stderr);
  };
}

}  // namespace client
}  // namespace pavane
