// The whole program but for main().
#ifndef PAVANE_CLIENTS_CLI_PROGRAM_H_
#define PAVANE_CLIENTS_CLI_PROGRAM_H_

#include <istream>
#include <memory>
#include <ostream>

#include "CLI/CLI.hpp"

#include "clients/cli/context.h"
#include "clients/cli/status.h"

namespace pavane::cli {

// The command line with all commands. `context` must outlive it.
std::unique_ptr<CLI::App> MakeCommandLine(Context* context);

// Reads the command line, runs the command, prints its error to `err`.
ExitCode RunProgram(int argc, const char* const* argv, std::istream& in, std::ostream& out,
                    std::ostream& err);

}  // namespace pavane::cli

#endif  // PAVANE_CLIENTS_CLI_PROGRAM_H_
