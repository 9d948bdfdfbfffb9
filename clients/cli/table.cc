#include "clients/cli/table.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "absl/strings/string_view.h"

#include "clients/cli/escape.h"

namespace pavane::cli {

Table::Table(std::vector<std::string> headers) {
  for (std::string& header : headers) {
    const bool right = !header.empty() && header[0] == '>';
    right_aligned_.push_back(right);
    headers_.push_back(right ? header.substr(1) : std::move(header));
  }
}

void Table::Add(std::vector<std::string> cells) {
  for (std::string& cell : cells) cell = cell.empty() ? "-" : EscapeForTerminal(cell);
  rows_.push_back(std::move(cells));
}

void Table::Print(std::ostream& out) const {
  std::vector<size_t> widths;
  const auto measure = [&](const std::vector<std::string>& row) {
    if (widths.size() < row.size()) widths.resize(row.size());
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], DisplayWidth(row[i]));
  };
  measure(headers_);
  for (const auto& row : rows_) measure(row);

  const auto print = [&](const std::vector<std::string>& row) {
    for (size_t i = 0; i < row.size(); ++i) {
      const std::string padding(widths[i] - DisplayWidth(row[i]), ' ');
      const bool right = i < right_aligned_.size() && right_aligned_[i];
      const bool last = i + 1 == row.size();
      if (right) out << padding;
      out << row[i];
      if (!right && !last) out << padding;
      if (!last) out << "  ";
    }
    out << "\n";
  };
  if (!headers_.empty()) print(headers_);
  for (const auto& row : rows_) print(row);
}

}  // namespace pavane::cli
