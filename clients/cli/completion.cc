#include "clients/cli/completion.h"

#include <algorithm>
#include <cstddef>
#include <map>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

#include "clients/cli/command_tree.h"

namespace pavane::cli {
namespace {

bool IsOption(absl::string_view word) { return word.size() > 1 && word[0] == '-'; }

// Goes through the words before the one that is typed.
class Walk {
 public:
  explicit Walk(const std::vector<CommandInfo>& tree) : tree_(tree), command_(&tree.front()) {}

  void Take(const std::string& word) {
    if (open_option_ != nullptr) {
      values_[open_option_->names.front()] = word;
      open_option_ = nullptr;
    } else if (word == "--") {
      options_ended_ = true;
    } else if (IsOption(word) && !options_ended_) {
      TakeOption(word);
    } else if (const CommandInfo* child = FindChild(word)) {
      command_ = child;
    } else {
      ++positions_;
    }
  }

  const CommandInfo& command() const { return *command_; }
  // The option whose value comes next, if any.
  const OptionInfo* open_option() const { return open_option_; }
  bool options_ended() const { return options_ended_; }
  // Words that are neither commands nor options nor their values.
  int positions() const { return positions_; }

  // The value given to an option by its first name; empty if none was.
  std::string ValueOf(const std::string& name) const {
    const auto found = values_.find(name);
    return found == values_.end() ? "" : found->second;
  }

  const OptionInfo* FindOption(absl::string_view name) const {
    for (const OptionInfo& option : command_->options) {
      for (const std::string& candidate : option.names) {
        if (candidate == name) return &option;
      }
    }
    return nullptr;
  }

 private:
  // "--bus" and "-b" leave their value open; "--bus=x" has it.
  void TakeOption(const std::string& word) {
    const size_t equals = word.find('=');
    const OptionInfo* option = FindOption(word.substr(0, equals));
    if (option == nullptr || !option->takes_value) return;
    if (equals == std::string::npos) {
      open_option_ = option;
    } else {
      values_[option->names.front()] = word.substr(equals + 1);
    }
  }

  const CommandInfo* FindChild(const std::string& word) const {
    for (const auto& [name, description] : command_->children) {
      if (name == word) return FindCommand(tree_, ChildPath(*command_, name));
    }
    return nullptr;
  }

  const std::vector<CommandInfo>& tree_;
  const CommandInfo* command_;
  const OptionInfo* open_option_ = nullptr;
  bool options_ended_ = false;
  int positions_ = 0;
  std::map<std::string, std::string> values_;
};

void Offer(const std::string& word, const std::string& description, absl::string_view typed,
           Candidates* candidates) {
  if (absl::StartsWith(word, typed)) candidates->words.emplace_back(word, description);
}

// `prefix` is what stands before the value in the same word: "--output=".
void OfferValues(const OptionInfo& option, absl::string_view prefix, absl::string_view typed,
                 Candidates* candidates) {
  for (const std::string& value : option.values) {
    Offer(absl::StrCat(prefix, value), "", typed, candidates);
  }
  candidates->value_name = option.value_name;
  if (!prefix.empty()) return;
  if (option.takes_file) candidates->files = Candidates::Files::kPlain;
  if (option.takes_at_file && absl::StartsWith(typed, "@")) {
    candidates->files = Candidates::Files::kAfterAt;
  }
}

void OfferOptions(const Walk& walk, absl::string_view typed, Candidates* candidates) {
  const size_t equals = typed.find('=');
  if (equals != absl::string_view::npos) {
    const OptionInfo* option = walk.FindOption(typed.substr(0, equals));
    if (option != nullptr) {
      OfferValues(*option, typed.substr(0, equals + 1), typed, candidates);
    }
    return;
  }
  for (const OptionInfo& option : walk.command().options) {
    for (const std::string& name : option.names) {
      Offer(name, option.description, typed, candidates);
    }
  }
}

}  // namespace

Candidates Complete(const CLI::App& app, const std::vector<std::string>& words) {
  const std::vector<CommandInfo> tree = CommandTree(app);
  Walk walk(tree);
  for (size_t i = 0; i + 1 < words.size(); ++i) walk.Take(words[i]);
  const std::string typed = words.empty() ? "" : words.back();
  Candidates candidates;
  candidates.address = walk.ValueOf("--address");
  candidates.bus = walk.ValueOf("--bus");
  if (walk.open_option() != nullptr) {
    OfferValues(*walk.open_option(), "", typed, &candidates);
  } else if (absl::StartsWith(typed, "-") && !walk.options_ended()) {
    OfferOptions(walk, typed, &candidates);
  } else {
    for (const auto& [name, description] : walk.command().children) {
      Offer(name, description, typed, &candidates);
    }
    const std::vector<OptionInfo>& positions = walk.command().positions;
    // The last position takes any further words.
    if (!positions.empty()) {
      const size_t position = static_cast<size_t>(walk.positions());
      OfferValues(positions[std::min(position, positions.size() - 1)], "", typed, &candidates);
    }
  }
  return candidates;
}

}  // namespace pavane::cli
