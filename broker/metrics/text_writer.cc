#include "metrics/text_writer.h"

#include <charconv>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

#include "base/check.h"

namespace pavane::metrics {
namespace {

absl::string_view TypeName(Type type) {
  switch (type) {
    case Type::kCounter:
      return "counter";
    case Type::kGauge:
      return "gauge";
    case Type::kHistogram:
      return "histogram";
  }
  return "untyped";
}

// The shortest text that reads back as the same number.
void AppendDouble(std::string& out, double value) {
  if (std::isnan(value)) {
    out += "NaN";
  } else if (std::isinf(value)) {
    out += value > 0 ? "+Inf" : "-Inf";
  } else {
    char buffer[32];
    auto result = std::to_chars(buffer, buffer + sizeof(buffer), value);
    out.append(buffer, result.ptr);
  }
}

void AppendEscaped(std::string& out, absl::string_view value) {
  if (value.find_first_of("\\\"\n") == absl::string_view::npos) {
    absl::StrAppend(&out, value);
    return;
  }
  out += absl::StrReplaceAll(value, {{"\\", "\\\\"}, {"\"", "\\\""}, {"\n", "\\n"}});
}

}  // namespace

std::string Labels(absl::Span<const absl::string_view> names,
                   absl::Span<const absl::string_view> values) {
  CHECK_EQ(names.size(), values.size());
  std::string out;
  for (size_t i = 0; i < names.size(); ++i) {
    absl::StrAppend(&out, i == 0 ? "" : ",", names[i], "=\"");
    AppendEscaped(out, values[i]);
    out += '"';
  }
  return out;
}

void TextWriter::Family(absl::string_view name, absl::string_view help, Type type) {
  absl::StrAppend(&text_, "# HELP ", name, " ",
                  absl::StrReplaceAll(help, {{"\\", "\\\\"}, {"\n", "\\n"}}), "\n# TYPE ", name,
                  " ", TypeName(type), "\n");
}

void TextWriter::Key(absl::string_view name, absl::string_view labels) {
  if (labels.empty()) {
    absl::StrAppend(&text_, name, " ");
  } else {
    absl::StrAppend(&text_, name, "{", labels, "} ");
  }
}

void TextWriter::Sample(absl::string_view name, absl::string_view labels, uint64_t value) {
  Key(name, labels);
  absl::StrAppend(&text_, value, "\n");
}

void TextWriter::Sample(absl::string_view name, absl::string_view labels, double value) {
  Key(name, labels);
  AppendDouble(text_, value);
  text_ += '\n';
}

void TextWriter::Sample(absl::string_view name, absl::string_view labels,
                        const Histogram& histogram) {
  Histogram::Snapshot snapshot = histogram.Take();
  absl::string_view comma = labels.empty() ? "" : ",";
  for (size_t i = 0; i < snapshot.cumulative.size(); ++i) {
    absl::StrAppend(&text_, name, "_bucket{", labels, comma, "le=\"");
    if (i < histogram.bounds().size()) {
      AppendDouble(text_, histogram.bounds()[i]);
    } else {
      text_ += "+Inf";
    }
    absl::StrAppend(&text_, "\"} ", snapshot.cumulative[i], "\n");
  }
  Sample(absl::StrCat(name, "_sum"), labels, snapshot.sum);
  Sample(absl::StrCat(name, "_count"), labels, snapshot.cumulative.back());
}

}  // namespace pavane::metrics
