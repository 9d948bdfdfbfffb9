// Cuts a stream of bytes into lines of bounded length. One thread.
#ifndef PAVANE_SUPERVISION_LINE_SPLITTER_H_
#define PAVANE_SUPERVISION_LINE_SPLITTER_H_

#include <cstddef>
#include <functional>
#include <string>

#include "absl/strings/string_view.h"

namespace pavane::supervision {

class LineSplitter {
 public:
  // Receives each line without its newline; empty lines are left out.
  using Sink = std::function<void(absl::string_view line)>;

  // Of a longer line the first `line_bytes_max` bytes are kept, with " [cut]" behind them.
  explicit LineSplitter(Sink sink, size_t line_bytes_max = 4'096)
      : sink_(std::move(sink)), line_bytes_max_(line_bytes_max) {}

  void Add(absl::string_view bytes);
  // What came without a newline is a line, too.
  void Finish();

 private:
  void Append(absl::string_view part);

  const Sink sink_;
  const size_t line_bytes_max_;
  std::string line_;
  bool cut_ = false;
};

}  // namespace pavane::supervision

#endif  // PAVANE_SUPERVISION_LINE_SPLITTER_H_
