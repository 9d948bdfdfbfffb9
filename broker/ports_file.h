#ifndef PAVANE_PORTS_FILE_H_
#define PAVANE_PORTS_FILE_H_

#include <string>

#include "absl/status/status.h"

namespace pavane {

/// Writes the addresses of the open doors and the process id as one line of JSON to `path`. Whole
/// or not at all: who waits for the file must not read half of it.
absl::Status WritePortsFile(const std::string& path, const std::string& grpc,
                            const std::string& http);

}  // namespace pavane

#endif  // PAVANE_PORTS_FILE_H_
