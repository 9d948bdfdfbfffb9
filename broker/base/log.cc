#include "base/log.h"

#include <atomic>
#include <cmath>
#include <cstdio>
#include <memory>
#include <mutex>
#include <utility>

#include "absl/strings/str_cat.h"
#include "spdlog/sinks/base_sink.h"
#include "spdlog/sinks/stdout_sinks.h"
#include "spdlog/spdlog.h"

#include "base/clock.h"
#include "base/log_line.h"

namespace pavane {
namespace {

class FunctionSink : public spdlog::sinks::base_sink<std::mutex> {
 public:
  explicit FunctionSink(std::function<void(absl::string_view)> function)
      : function_(std::move(function)) {}

 private:
  void sink_it_(const spdlog::details::log_msg& message) override {
    function_(absl::string_view(message.payload.data(), message.payload.size()));
  }
  void flush_() override {}

  const std::function<void(absl::string_view)> function_;
};

// spdlog serializes and writes; the lines are made by log_line, so spdlog's pattern adds nothing.
std::shared_ptr<spdlog::logger> MakeLogger(LogOptions& options) {
  spdlog::sink_ptr sink;
  if (options.sink) {
    sink = std::make_shared<FunctionSink>(std::move(options.sink));
  } else {
    sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
  }
  auto logger = std::make_shared<spdlog::logger>("pavane", std::move(sink));
  logger->set_pattern("%v");
  logger->set_level(spdlog::level::trace);
  logger->flush_on(spdlog::level::trace);
  return logger;
}

struct State {
  std::atomic<LogLevel> level{LogLevel::kInfo};
  std::atomic<LogFormat> format{LogFormat::kText};
  std::shared_ptr<spdlog::logger> logger;  // through std::atomic_load and std::atomic_store only
};

// Never destroyed: threads that outlive main() may still log.
State& GetState() {
  static State* const state = [] {
    auto* made = new State;
    LogOptions defaults;
    made->logger = MakeLogger(defaults);
    return made;
  }();
  return *state;
}

}  // namespace

std::optional<LogLevel> ParseLogLevel(absl::string_view name) {
  if (name == "debug") return LogLevel::kDebug;
  if (name == "info") return LogLevel::kInfo;
  if (name == "warning") return LogLevel::kWarning;
  if (name == "error") return LogLevel::kError;
  return std::nullopt;
}

std::optional<LogFormat> ParseLogFormat(absl::string_view name) {
  if (name == "text") return LogFormat::kText;
  if (name == "json") return LogFormat::kJson;
  return std::nullopt;
}

void ConfigureLog(LogOptions options) {
  State& state = GetState();
  state.level.store(options.level, std::memory_order_relaxed);
  state.format.store(options.format, std::memory_order_relaxed);
  std::atomic_store(&state.logger, MakeLogger(options));
}

bool LogEnabled(LogLevel level) {
  return level >= GetState().level.load(std::memory_order_relaxed);
}

LogField::LogField(absl::string_view key, absl::string_view value) : key_(key), value_(value) {}
LogField::LogField(absl::string_view key, const std::string& value) : key_(key), value_(value) {}
LogField::LogField(absl::string_view key, const char* value) : key_(key), value_(value) {}
LogField::LogField(absl::string_view key, bool value)
    : LogField(key, value ? "true" : "false", Bare{}) {}
LogField::LogField(absl::string_view key, double value)
    : LogField(key, fmt::format("{}", value), Bare{}) {
  // JSON has no infinity.
  bare_ = std::isfinite(value);
}
LogField::LogField(absl::string_view key, const absl::Status& value)
    : LogField(key, value.ToString()) {}
LogField::LogField(absl::string_view key, absl::Duration value)
    : LogField(key, absl::FormatDuration(value)) {}
LogField::LogField(absl::string_view key, absl::Time value)
    : LogField(key, absl::FormatTime(absl::RFC3339_full, value, absl::UTCTimeZone())) {}
LogField::LogField(absl::string_view key, std::string value, Bare)
    : key_(key), value_(std::move(value)), bare_(true) {}

namespace log_internal {

void Write(LogLevel level, std::string_view message, const LogField* fields, size_t field_count) {
  State& state = GetState();
  const LogRecord record{SystemClock::Get().Now(), level,
                         absl::string_view(message.data(), message.size()),
                         absl::MakeConstSpan(fields, field_count)};
  const std::string line = state.format.load(std::memory_order_relaxed) == LogFormat::kJson
                               ? JsonLine(record)
                               : TextLine(record);
  std::atomic_load(&state.logger)->log(spdlog::level::info, spdlog::string_view_t(line));
}

void WriteFormatted(LogLevel level, fmt::string_view format, fmt::format_args args) {
  Write(level, fmt::vformat(format, args), nullptr, 0);
}

}  // namespace log_internal
}  // namespace pavane
