// What a shell may offer for a command line that is being typed.
#ifndef PAVANE_CLIENTS_CLI_COMPLETION_H_
#define PAVANE_CLIENTS_CLI_COMPLETION_H_

#include <string>
#include <utility>
#include <vector>

#include "CLI/CLI.hpp"

namespace pavane::cli {

struct Candidates {
  enum class Files { kNone, kPlain, kAfterAt };

  // Whole words that begin with what is typed, each with its description, which may be empty.
  std::vector<std::pair<std::string, std::string>> words;
  // Names of files, too: as they are, or after the @ that is typed already.
  Files files = Files::kNone;
  // Names that only the broker knows, if any: "BUS", "RULE".
  std::string value_name;
  // The options before that say which broker and bus; empty when not given.
  std::string address;
  std::string bus;
};

// `words` are those after the program's name; the last one is being typed and may be empty.
Candidates Complete(const CLI::App& app, const std::vector<std::string>& words);

}  // namespace pavane::cli

#endif  // PAVANE_CLIENTS_CLI_COMPLETION_H_
