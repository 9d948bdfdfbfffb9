#include "clients/cli/table.h"

#include <algorithm>
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

void Table::Measure(const std::vector<std::string>& row) {
  if (widths_.size() < row.size()) widths_.resize(row.size());
  for (size_t i = 0; i < row.size(); ++i) widths_[i] = std::max(widths_[i], DisplayWidth(row[i]));
}

void Table::PrintRow(const std::vector<std::string>& row, std::ostream& out) const {
  for (size_t i = 0; i < row.size(); ++i) {
    const std::string padding(widths_[i] - DisplayWidth(row[i]), ' ');
    const bool right = i < right_aligned_.size() && right_aligned_[i];
    const bool last = i + 1 == row.size();
    if (right) out << padding;
    out << row[i];
    if (!right && !last) out << padding;
    if (!last) out << "  ";
  }
  out << "\n";
}

void Table::Print(std::ostream& out) {
  Measure(headers_);
  for (const auto& row : rows_) Measure(row);
  if (!headers_.empty()) PrintRow(headers_, out);
  for (const auto& row : rows_) PrintRow(row, out);
  headers_.clear();
  rows_.clear();
}

}  // namespace pavane::cli
