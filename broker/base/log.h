// The log: one line per record, as text or JSON.
//
//   LOG_INFO("opened {} buses", count);
//   LOG_WARNING("late settlement", {{"delivery", id}, {"attempt", attempt}});
//
// The first form formats with fmt, checked at compile time; the second carries fields, which JSON
// keeps apart and text appends as key=value. The fields' names are those of design and metrics:
// bus, event, flow, rule, target, service, delivery, attempt. Payloads are never logged. Arguments
// are not evaluated when the level is off. Usable from any thread.
#ifndef PAVANE_BASE_LOG_H_
#define PAVANE_BASE_LOG_H_

#include <concepts>
#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "fmt/format.h"

// spdlog does not need it, <syslog.h> would clash with it.
#undef LOG_INFO
#undef LOG_WARNING
#undef LOG_DEBUG

namespace pavane {

enum class LogLevel { kDebug, kInfo, kWarning, kError };
enum class LogFormat { kText, kJson };

// "debug", "info", "warning", "error"; "text", "json".
std::optional<LogLevel> ParseLogLevel(absl::string_view name);
std::optional<LogFormat> ParseLogFormat(absl::string_view name);

struct LogOptions {
  LogLevel level = LogLevel::kInfo;
  LogFormat format = LogFormat::kText;
  // Receives each line, without the newline, one at a time; standard error if empty.
  std::function<void(absl::string_view line)> sink;
};

// Takes effect at once and for all threads. Before the first call: the defaults above.
void ConfigureLog(LogOptions options);

bool LogEnabled(LogLevel level);

// One key=value of a record.
class LogField {
 public:
  LogField(absl::string_view key, absl::string_view value);   // NOLINT(google-explicit-constructor)
  LogField(absl::string_view key, const std::string& value);  // so that no conversion is ambiguous
  LogField(absl::string_view key, const char* value);
  LogField(absl::string_view key, bool value);
  LogField(absl::string_view key, double value);
  LogField(absl::string_view key, const absl::Status& value);
  LogField(absl::string_view key, absl::Duration value);
  LogField(absl::string_view key, absl::Time value);
  template <std::integral T>
  LogField(absl::string_view key, T value) : LogField(key, fmt::format("{}", value), Bare{}) {}
  // Ids and other strong integers.
  template <typename T>
  requires requires(const T& id) {
    typename T::ValueType;
    id.value();
  }
  LogField(absl::string_view key, const T& id) : LogField(key, id.value()) {}

  const std::string& key() const { return key_; }
  const std::string& value() const { return value_; }
  // A number or boolean: without quotes in JSON.
  bool bare() const { return bare_; }

 private:
  struct Bare {};
  LogField(absl::string_view key, std::string value, Bare);

  std::string key_;
  std::string value_;
  bool bare_ = false;
};

namespace log_internal {

void Write(LogLevel level, std::string_view message, const LogField* fields, size_t field_count);
void WriteFormatted(LogLevel level, fmt::string_view format, fmt::format_args args);

inline void Log(LogLevel level, absl::string_view message, std::initializer_list<LogField> fields) {
  Write(level, std::string_view(message.data(), message.size()), fields.begin(), fields.size());
}
template <typename... Args>
void Log(LogLevel level, fmt::format_string<Args...> format, Args&&... args) {
  WriteFormatted(level, format, fmt::make_format_args(args...));
}

}  // namespace log_internal
}  // namespace pavane

#define PAVANE_LOG(level, ...)                                               \
  (::pavane::LogEnabled(::pavane::LogLevel::level)                           \
       ? ::pavane::log_internal::Log(::pavane::LogLevel::level, __VA_ARGS__) \
       : static_cast<void>(0))
#define LOG_DEBUG(...) PAVANE_LOG(kDebug, __VA_ARGS__)
#define LOG_INFO(...) PAVANE_LOG(kInfo, __VA_ARGS__)
#define LOG_WARNING(...) PAVANE_LOG(kWarning, __VA_ARGS__)
#define LOG_ERROR(...) PAVANE_LOG(kError, __VA_ARGS__)

template <>
struct fmt::formatter<absl::string_view> : fmt::formatter<fmt::string_view> {
  template <typename Context>
  auto format(absl::string_view text, Context& context) const {
    return fmt::formatter<fmt::string_view>::format(fmt::string_view(text.data(), text.size()),
                                                    context);
  }
};

template <>
struct fmt::formatter<absl::Status> : fmt::formatter<std::string> {
  template <typename Context>
  auto format(const absl::Status& status, Context& context) const {
    return fmt::formatter<std::string>::format(status.ToString(), context);
  }
};

template <>
struct fmt::formatter<absl::Duration> : fmt::formatter<std::string> {
  template <typename Context>
  auto format(absl::Duration duration, Context& context) const {
    return fmt::formatter<std::string>::format(absl::FormatDuration(duration), context);
  }
};

#endif  // PAVANE_BASE_LOG_H_
