#include "supervision/line_splitter.h"

#include <algorithm>

#include "absl/strings/strip.h"

namespace pavane::supervision {

void LineSplitter::Add(absl::string_view bytes) {
  for (;;) {
    size_t newline = bytes.find('\n');
    Append(bytes.substr(0, newline));
    if (newline == absl::string_view::npos) return;
    Finish();
    bytes.remove_prefix(newline + 1);
  }
}

void LineSplitter::Finish() {
  absl::string_view line = line_;
  absl::ConsumeSuffix(&line, "\r");
  if (cut_) {
    sink_(line_ + " [cut]");
  } else if (!line.empty()) {
    sink_(line);
  }
  line_.clear();
  cut_ = false;
}

void LineSplitter::Append(absl::string_view part) {
  size_t room = line_bytes_max_ - line_.size();
  if (part.size() > room) cut_ = true;
  line_.append(part.data(), std::min(part.size(), room));
}

}  // namespace pavane::supervision
