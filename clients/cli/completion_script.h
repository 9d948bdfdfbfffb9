// The shells' side of completion: scripts that ask this program what to offer, so that all three
// know the same and none can fall behind the command line.
#ifndef PAVANE_CLIENTS_CLI_COMPLETION_SCRIPT_H_
#define PAVANE_CLIENTS_CLI_COMPLETION_SCRIPT_H_

#include <string>

#include "clients/cli/completion.h"

namespace pavane::cli {

enum class Shell { kBash, kZsh, kFish };

// To be sourced by the shell. It calls `pavane completion candidates SHELL WORD...`.
std::string CompletionScript(Shell shell);

// The answer to that call: one candidate a line, as the shell's script takes it, and `:files` or
// `:files@` when the shell is to add names of files. `typed` is the word that is being typed.
std::string CandidateLines(Shell shell, const Candidates& candidates, const std::string& typed);

}  // namespace pavane::cli

#endif  // PAVANE_CLIENTS_CLI_COMPLETION_SCRIPT_H_
