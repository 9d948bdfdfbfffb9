#ifndef PAVANE_CLIENTS_CPP_LOG_H_
#define PAVANE_CLIENTS_CPP_LOG_H_

#include <functional>
#include <string_view>

namespace pavane {
inline namespace client {

// How much a line matters.
enum class LogLevel { kDebug, kInfo, kWarning, kError };

// Takes the library's log lines (no line end, never an event's data). Called from any thread, also
// from several at once; must not block for long and must not call back into the library.
using Logger = std::function<void(LogLevel level, std::string_view line)>;

// "debug", "info", "warning", "error".
std::string_view LogLevelName(LogLevel level);

// Used where options name no logger: lines of kInfo and above on standard error, as `level
// message`.
Logger StderrLogger();

}  // namespace client
}  // namespace pavane

#endif  // PAVANE_CLIENTS_CPP_LOG_H_
