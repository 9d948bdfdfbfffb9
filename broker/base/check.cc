#include "base/check.h"

#include <cstdio>
#include <cstdlib>

namespace pavane::check_internal {

Failure::Failure(const char* file, int line, const std::string& what) {
  stream_ << file << ":" << line << ": CHECK failed: " << what << " ";
}

Failure::~Failure() {
  // stdio, not the logger: the check may have failed inside it.
  std::fprintf(stderr, "%s\n", stream_.str().c_str());
  std::fflush(stderr);
  std::abort();
}

}  // namespace pavane::check_internal
