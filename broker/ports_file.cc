#include "ports_file.h"

#include <unistd.h>

#include <cstdio>
#include <fstream>

#include "absl/strings/str_cat.h"

namespace pavane {

absl::Status WritePortsFile(const std::string& path, const std::string& grpc,
                            const std::string& http) {
  const std::string fresh = absl::StrCat(path, ".new");
  {
    std::ofstream file(fresh, std::ios::trunc);
    file << "{\"grpc\":\"" << grpc << "\",\"http\":\"" << http << "\",\"pid\":" << getpid()
         << "}\n";
    if (!file.flush()) return absl::PermissionDeniedError(absl::StrCat("cannot write ", fresh));
  }
  if (std::rename(fresh.c_str(), path.c_str()) != 0) {
    return absl::PermissionDeniedError(absl::StrCat("cannot write ", path));
  }
  return absl::OkStatus();
}

}  // namespace pavane
