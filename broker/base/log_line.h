// The two shapes of a log line.
//
//   2026-11-23T06:17:54.123456Z INFO late settlement delivery=d-7 attempt=3
//   {"time":"2026-11-23T06:17:54.123456Z","level":"info","message":"late
//   settlement","delivery":"d-7"}
#ifndef PAVANE_BASE_LOG_LINE_H_
#define PAVANE_BASE_LOG_LINE_H_

#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"

#include "base/log.h"

namespace pavane {

struct LogRecord {
  absl::Time time;
  LogLevel level = LogLevel::kInfo;
  absl::string_view message;
  absl::Span<const LogField> fields;
};

// Whatever the bytes in message and values, each result is one line; JsonLine's is valid JSON.
std::string TextLine(const LogRecord& record);
std::string JsonLine(const LogRecord& record);

}  // namespace pavane

#endif  // PAVANE_BASE_LOG_LINE_H_
