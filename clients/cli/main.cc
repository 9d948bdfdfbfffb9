// pavane: the command line of a Pavane broker. docs/cli.md describes it.
#include <iostream>

#include "clients/cli/program.h"

int main(int argc, char** argv) {
  std::ios::sync_with_stdio(false);
  // stdin's tie would flush stdout for every line read.
  std::cin.tie(nullptr);
  return pavane::cli::RunProgram(argc, argv, std::cin, std::cout, std::cerr);
}
