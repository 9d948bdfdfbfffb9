#include "clients/cli/completion_script.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

namespace pavane::cli {
namespace {

// bash splits words at =, : and @ as well: they are put together again. $2 is what bash will
// replace.
constexpr char kBash[] = R"(# bash completion for pavane: source <(pavane completion bash)
_pavane() {
  local word line glue= words=()
  for word in "${COMP_WORDS[@]:1:COMP_CWORD}"; do
    if [[ $glue || $word == [=:] ]] && ((${#words[@]})); then
      words[${#words[@]}-1]+=$word
    else
      words+=("$word")
    fi
    if [[ $word == [=:@] ]]; then glue=1; else glue=; fi
  done
  COMPREPLY=()
  while IFS= read -r line; do
    case $line in
      :files)
        compopt -o filenames 2>/dev/null
        mapfile -t -O ${#COMPREPLY[@]} COMPREPLY < <(compgen -f -- "$2") ;;
      :files@)
        mapfile -t -O ${#COMPREPLY[@]} COMPREPLY < <(compgen -P @ -f -- "${2#@}") ;;
      *) COMPREPLY+=("$line") ;;
    esac
  done < <("${COMP_WORDS[0]/#\~/$HOME}" completion candidates bash "${words[@]}" 2>/dev/null)
}
complete -F _pavane pavane
)";

constexpr char kZsh[] = R"(#compdef pavane
# zsh completion for pavane: source <(pavane completion zsh), or save as _pavane in fpath
_pavane() {
  local line
  local -a offered
  for line in "${(@f)$("${(e)words[1]}" completion candidates zsh "${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
    case $line in
      :files) _files ;;
      :files@) compset -P @; _files ;;
      ?*) offered+=("$line") ;;
    esac
  done
  (( ${#offered} )) && _describe pavane offered
}
if [[ ${funcstack[1]} == _pavane ]]; then _pavane "$@"; else compdef _pavane pavane; fi
)";

constexpr char kFish[] = R"(# fish completion for pavane: pavane completion fish | source
function __pavane_offer
    set -l before (commandline -opc)
    set -l typed (commandline -ct)
    for line in ($before[1] completion candidates fish $before[2..-1] "$typed" 2>/dev/null)
        switch $line
            case ':files'
                __fish_complete_path "$typed"
            case ':files@'
                __fish_complete_path (string sub -s 2 -- "$typed") | string replace -r '^' '@'
            case '*'
                echo $line
        end
    end
end
complete -c pavane -f -a '(__pavane_offer)'
)";

// bash replaces only what stands behind the last = or : of the typed word.
std::string BashLine(const std::string& word, const std::string& typed) {
  const size_t split = typed.find_last_of("=:");
  return split == std::string::npos ? word : word.substr(split + 1);
}

std::string Line(Shell shell, const std::string& word, const std::string& description,
                 const std::string& typed) {
  switch (shell) {
    case Shell::kBash:
      return BashLine(word, typed);
    case Shell::kZsh:  // `_describe` splits at the first colon
      return absl::StrCat(absl::StrReplaceAll(word, {{":", "\\:"}}), description.empty() ? "" : ":",
                          description);
    case Shell::kFish:
      return absl::StrCat(word, description.empty() ? "" : "\t", description);
  }
  return word;
}

}  // namespace

std::string CompletionScript(Shell shell) {
  switch (shell) {
    case Shell::kBash:
      return kBash;
    case Shell::kZsh:
      return kZsh;
    case Shell::kFish:
      return kFish;
  }
  return "";
}

std::string CandidateLines(Shell shell, const Candidates& candidates, const std::string& typed) {
  std::string lines;
  for (const auto& [word, description] : candidates.words) {
    absl::StrAppend(&lines, Line(shell, word, description, typed), "\n");
  }
  if (candidates.files == Candidates::Files::kPlain) lines += ":files\n";
  if (candidates.files == Candidates::Files::kAfterAt) lines += ":files@\n";
  return lines;
}

}  // namespace pavane::cli
