// docs/cli.md lists every command and option as the command line has them, and every line with
// `pavane` in any document is one that the command line takes. With PAVANE_UPDATE_DOCS=1 in the
// environment the first test writes the list instead of comparing.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "gtest/gtest.h"

#include "clients/cli/command_tree.h"
#include "clients/cli/program.h"

namespace pavane::cli {
namespace {

constexpr char kDocument[] = "docs/cli.md";
constexpr char kBegin[] = "<!-- commands: begin -->\n";
constexpr char kEnd[] = "<!-- commands: end -->\n";

std::string ReadWhole(const std::string& path) {
  std::ifstream in(path);
  EXPECT_TRUE(in) << path << ": run from the root of the source tree";
  return {std::istreambuf_iterator<char>(in), {}};
}

class Document : public ::testing::Test {
 protected:
  std::istringstream in_;
  std::ostringstream out_;
};

// "`--output`, `-o` {table,json}"
std::string NamesOf(const OptionInfo& option) {
  std::string names = absl::StrJoin(option.names, "`, `");
  if (!option.takes_value) return absl::StrCat("`", names, "`");
  const std::string value =
      option.values.empty() ? option.value_name : absl::StrJoin(option.values, "\\|");
  return absl::StrCat("`", names, "` ", value);
}

// The options that are this command's own; those of the program come first in the list, once.
std::string CommandSection(const CommandInfo& command) {
  std::string usage = absl::StrCat("pavane", command.path.empty() ? "" : " ", command.path);
  for (const OptionInfo& position : command.positions) {
    absl::StrAppend(&usage, " [", position.value_name, "]");
  }
  std::string out = absl::StrCat("### `", usage, "`\n\n", command.description, ".\n\n");
  std::string rows;
  for (const OptionInfo& option : command.positions) {
    absl::StrAppend(&rows, "| ", option.value_name, " | ", option.description, " |\n");
  }
  for (size_t i = 0; i < command.own_options; ++i) {
    const OptionInfo& option = command.options[i];
    if (option.names.back() == "-h" && !command.path.empty()) continue;
    absl::StrAppend(&rows, "| ", NamesOf(option), " | ", option.description, " |\n");
  }
  if (!rows.empty()) absl::StrAppend(&out, "| option | meaning |\n|---|---|\n", rows, "\n");
  return out;
}

std::string CommandList(const CLI::App& app) {
  std::string out;
  for (const CommandInfo& command : CommandTree(app)) {
    // A group's own page would only repeat the names below it.
    if (command.path.empty() || command.children.empty()) out += CommandSection(command);
  }
  return out;
}

TEST_F(Document, HasEveryCommandAndOptionAsItIs) {
  Context context(in_, out_, out_);
  const std::string list = CommandList(*MakeCommandLine(&context));
  std::string text = ReadWhole(kDocument);
  size_t begin = text.find(kBegin);
  const size_t end = text.find(kEnd);
  ASSERT_NE(begin, std::string::npos);
  ASSERT_NE(end, std::string::npos);
  begin += sizeof(kBegin) - 1;
  if (std::getenv("PAVANE_UPDATE_DOCS") != nullptr) {
    text.replace(begin, end - begin, list);
    std::ofstream(kDocument) << text;
    return;
  }
  EXPECT_EQ(text.substr(begin, end - begin), list)
      << "run this test with PAVANE_UPDATE_DOCS=1 in the environment to write the list";
}

// Words of a simple command: quotes and backslashes, a comment at its end, no expansions.
std::vector<std::string> ShellWords(const std::string& line) {
  std::vector<std::string> words;
  std::string word;
  bool in_word = false;
  char quote = 0;
  for (size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (quote != 0) {
      if (c == quote) {
        quote = 0;
      } else {
        word += c;
      }
    } else if (c == '\'' || c == '"') {
      quote = c;
      in_word = true;
    } else if (c == ' ' || c == '\n') {
      if (in_word) words.push_back(word);
      word.clear();
      in_word = false;
    } else if (c == '#' && !in_word) {
      break;
    } else {
      word += c == '\\' && i + 1 < line.size() ? line[++i] : c;
      in_word = true;
    }
  }
  if (in_word) words.push_back(word);
  return words;
}

// What pavane says, not a call of it: "pavane bus list: no broker answers".
bool IsMessage(const std::vector<std::string>& words) {
  if (words.empty() || words[0] != "pavane") return false;
  const auto end = words.begin() + static_cast<ptrdiff_t>(std::min<size_t>(words.size(), 4));
  return std::any_of(words.begin(), end,
                     [](const std::string& word) { return absl::EndsWith(word, ":"); });
}

// The calls of pavane in the code blocks of a document, each as its words.
std::vector<std::vector<std::string>> Calls(const std::string& text) {
  std::vector<std::vector<std::string>> calls;
  bool in_block = false;
  const std::string joined = absl::StrReplaceAll(text, {{"\\\n", " "}});
  const std::vector<std::string> lines = absl::StrSplit(joined, '\n');
  for (const std::string& line : lines) {
    if (absl::StartsWith(line, "```")) {
      in_block = !in_block;
      continue;
    }
    if (!in_block) continue;
    std::vector<std::string> call;
    std::vector<std::string> words = ShellWords(line);
    if (IsMessage(words)) continue;
    words.push_back("|");
    for (const std::string& word : words) {
      if (word == "|" || word == "&&" || word == ">") {
        if (!call.empty() && call[0] == "pavane") calls.push_back(call);
        call.clear();
      } else if (word != "$" || !call.empty()) {
        call.push_back(word);
      }
    }
  }
  return calls;
}

TEST_F(Document, EveryCallInAnyDocumentIsTaken) {
  int calls = 0;
  std::vector<std::string> paths = {"README.md", "CONTRIBUTING.md", "deploy/README.md"};
  for (const char* folder : {"docs", "clients"}) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
      if (entry.path().extension() == ".md") paths.push_back(entry.path());
    }
  }
  for (const std::string& path : paths) {
    for (const std::vector<std::string>& call : Calls(ReadWhole(path))) {
      ++calls;
      Context context(in_, out_, out_);
      const std::unique_ptr<CLI::App> app = MakeCommandLine(&context);
      std::vector<const char*> argv;
      for (const std::string& word : call) argv.push_back(word.c_str());
      try {
        app->parse(static_cast<int>(argv.size()), argv.data());
      } catch (const CLI::ParseError& error) {
        ADD_FAILURE() << path << ": " << absl::StrJoin(call, " ") << ": " << error.what();
      }
    }
  }
  EXPECT_GT(calls, 60) << "the documents were not read as they are written";
}

}  // namespace
}  // namespace pavane::cli
