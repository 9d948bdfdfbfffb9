// Rows of text in aligned columns, for people.
#ifndef PAVANE_CLIENTS_CLI_TABLE_H_
#define PAVANE_CLIENTS_CLI_TABLE_H_

#include <cstddef>
#include <ostream>
#include <string>
#include <vector>

namespace pavane::cli {

// Collects rows and prints them when the widths of all are known. Every cell is escaped for the
// terminal; an empty one is shown as `-`, so that columns can be counted by scripts as well. The
// last column is not padded.
class Table {
 public:
  // A header that begins with `>` makes its column right-aligned; the `>` is not printed. Without
  // headers no header line is printed.
  explicit Table(std::vector<std::string> headers = {});

  void Add(std::vector<std::string> cells);
  // No row waits to be printed.
  bool empty() const { return rows_.empty(); }
  // Prints the rows added since it was last called, the first time after the headers. Columns never
  // get narrower, so that the pieces of a long table differ little.
  void Print(std::ostream& out);

 private:
  void Measure(const std::vector<std::string>& row);
  void PrintRow(const std::vector<std::string>& row, std::ostream& out) const;

  // Empty once they are printed.
  std::vector<std::string> headers_;
  std::vector<bool> right_aligned_;
  std::vector<std::vector<std::string>> rows_;
  std::vector<size_t> widths_;
};

}  // namespace pavane::cli

#endif  // PAVANE_CLIENTS_CLI_TABLE_H_
