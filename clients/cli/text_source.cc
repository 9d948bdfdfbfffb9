#include "clients/cli/text_source.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>

#include "absl/strings/str_cat.h"

namespace pavane::cli {
namespace {

// Through read(), since the iterators of a stream throw when the file is a directory.
std::string ReadAll(std::istream& in) {
  std::string content;
  std::array<char, 1 << 16> buffer;
  while (in.read(buffer.data(), buffer.size()) || in.gcount() > 0) {
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
  // Reading to the end sets eof; anything else has gone wrong on the way.
  if (from.eof() && !from.bad()) return content;
  return absl::FailedPreconditionError(
      absl::StrCat("cannot read '", path, "': ", std::strerror(errno)));
}

absl::StatusOr<std::string> ReadText(const std::string& argument, std::istream& in) {
  if (argument == "-") return ReadFile(argument, in);
  if (!argument.empty() && argument[0] == '@') return ReadFile(argument.substr(1), in);
  return argument;
}

}  // namespace pavane::cli
