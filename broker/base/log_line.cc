#include "base/log_line.h"

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

#include "base/utf8.h"

namespace pavane {
namespace {

constexpr absl::string_view kTimeFormat = "%Y-%m-%dT%H:%M:%E6SZ";

std::string TimeText(absl::Time time) {
  return absl::FormatTime(kTimeFormat, time, absl::UTCTimeZone());
}

absl::string_view UpperName(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return "DEBUG";
    case LogLevel::kInfo:
      return "INFO";
    case LogLevel::kWarning:
      return "WARNING";
    case LogLevel::kError:
      return "ERROR";
  }
  return "?";
}

absl::string_view LowerName(LogLevel level) {
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

bool IsControl(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

// Control characters, of which the newline is one, as \n or \x1b: no line can be forged.
void AppendText(std::string& line, absl::string_view text) {
  for (char c : text) {
    if (c == '\n') {
      line += "\\n";
    } else if (IsControl(c)) {
      absl::StrAppendFormat(&line, "\\x%02x", static_cast<unsigned char>(c));
    } else {
      line += c;
    }
  }
}

bool NeedsQuotes(absl::string_view value) {
  return value.empty() || value.find_first_of(" \"=") != absl::string_view::npos;
}

void AppendTextValue(std::string& line, absl::string_view value) {
  if (!NeedsQuotes(value)) return AppendText(line, value);
  line += '"';
  for (char c : value) {
    if (c == '"' || c == '\\') line += '\\';
    AppendText(line, absl::string_view(&c, 1));
  }
  line += '"';
}

void AppendJson(std::string& line, absl::string_view text) {
  line += '"';
  // Text that is not UTF-8 would make the line invalid JSON; its bytes are shown escaped.
  const std::string escaped = IsValidUtf8(text) ? std::string(text) : absl::CHexEscape(text);
  for (char c : escaped) {
    if (c == '"' || c == '\\') {
      line += '\\';
      line += c;
    } else if (IsControl(c)) {
      absl::StrAppendFormat(&line, "\\u%04x", static_cast<unsigned char>(c));
    } else {
      line += c;
    }
  }
  line += '"';
}

}  // namespace

std::string TextLine(const LogRecord& record) {
  std::string line = absl::StrCat(TimeText(record.time), " ", UpperName(record.level), " ");
  AppendText(line, record.message);
  for (const LogField& field : record.fields) {
    absl::StrAppend(&line, " ", field.key(), "=");
    AppendTextValue(line, field.value());
  }
  return line;
}

std::string JsonLine(const LogRecord& record) {
  std::string line = absl::StrCat("{\"time\":\"", TimeText(record.time), "\",\"level\":\"",
                                  LowerName(record.level), "\",\"message\":");
  AppendJson(line, record.message);
  for (const LogField& field : record.fields) {
    line += ',';
    AppendJson(line, field.key());
    line += ':';
    if (field.bare()) {
      line += field.value();
    } else {
      AppendJson(line, field.value());
    }
  }
  line += '}';
  return line;
}

}  // namespace pavane
