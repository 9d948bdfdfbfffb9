// Rows of text in aligned columns, for people.
#ifndef PAVANE_CLIENTS_CLI_TABLE_H_
#define PAVANE_CLIENTS_CLI_TABLE_H_

#include <ostream>
#include <string>
#include <vector>

namespace pavane::cli {

// Collects rows and prints them once all widths are known. Every cell is escaped for the terminal;
// an empty one is shown as `-`, so that columns can be counted by scripts as well. The last column
// is not padded.
class Table {
 public:
  // A header that begins with `>` makes its column right-aligned; the `>` is not printed. Without
  // headers no header line is printed.
  explicit Table(std::vector<std::string> headers = {});

  void Add(std::vector<std::string> cells);
  bool empty() const { return rows_.empty(); }
  void Print(std::ostream& out) const;

 private:
  std::vector<std::string> headers_;
  std::vector<bool> right_aligned_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace pavane::cli

#endif  // PAVANE_CLIENTS_CLI_TABLE_H_
