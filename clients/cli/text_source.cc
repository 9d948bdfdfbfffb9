#include "clients/cli/text_source.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>

#include "absl/strings/str_cat.h"

#include "clients/cli/byte_size.h"
#include "clients/cli/escape.h"

namespace pavane::cli {
namespace {

// At most one byte more than the limit. Through read(), since the iterators of a stream throw when
// the file is a directory.
std::string ReadAll(std::istream& in) {
  std::string content;
  std::array<char, 1 << 16> buffer;
  while (content.size() <= kTextBytesMax &&
         (in.read(buffer.data(), buffer.size()) || in.gcount() > 0)) {
    content.append(buffer.data(), static_cast<size_t>(in.gcount()));
  }
  return content;
}

}  // namespace

absl::StatusOr<std::string> ReadFile(const std::string& path, std::istream& in) {
  std::ifstream file;
  std::istream& from = path == "-" ? in : file;
  errno = 0;
  if (path != "-") file.open(path, std::ios::binary);
  std::string content = ReadAll(from);
  if (content.size() > kTextBytesMax) {
    return absl::ResourceExhaustedError(
        absl::StrCat("'", path, "' is longer than ", FormatByteSize(kTextBytesMax)));
  }
  // Reading to the end sets eof; anything else has gone wrong on the way.
  if (from.eof() && !from.bad()) return content;
  return absl::FailedPreconditionError(
      absl::StrCat("cannot read '", path, "': ", std::strerror(errno)));
}

absl::StatusOr<bool> ReadLine(std::istream& in, std::string* line) {
  line->clear();
  std::array<char, 1 << 16> piece;
  while (true) {
    in.getline(piece.data(), piece.size());
    if (in.bad()) return absl::DataLossError("the input could not be read to its end");
    // The line's end is counted and not stored.
    const auto stored = static_cast<size_t>(in.gcount()) - (in.good() ? 1 : 0);
    line->append(piece.data(), stored);
    if (line->size() > kTextBytesMax) break;
    if (in.good()) return true;
    if (in.eof()) return !line->empty();
    in.clear();  // the piece is full and the line goes on
  }
  return absl::ResourceExhaustedError(
      absl::StrCat("the line is longer than ", FormatByteSize(kTextBytesMax)));
}

absl::StatusOr<std::string> ReadText(const std::string& argument, std::istream& in) {
  if (argument == "-") return ReadFile(argument, in);
  if (!argument.empty() && argument[0] == '@') return ReadFile(argument.substr(1), in);
  return argument;
}

absl::StatusOr<std::string> ReadPattern(const std::string& argument, std::istream& in) {
  absl::StatusOr<std::string> text = ReadText(argument, in);
  if (!text.ok()) return text;
  size_t line = 1;
  size_t column = 1;
  for (absl::string_view rest = *text; !rest.empty();) {
    const size_t length = DecodeUtf8(rest).length;
    if (length == 0) {
      return absl::InvalidArgumentError(
          absl::StrCat("the pattern is not UTF-8 (line ", line, ", column ", column, ")"));
    }
    line += rest[0] == '\n' ? 1 : 0;
    column = rest[0] == '\n' ? 1 : column + 1;
    rest.remove_prefix(length);
  }
  return text;
}

bool IsStandardInput(absl::string_view argument) { return argument == "-" || argument == "@-"; }

}  // namespace pavane::cli
