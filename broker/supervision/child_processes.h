// All children of this process, for a guard that must leave none behind.
#ifndef PAVANE_SUPERVISION_CHILD_PROCESSES_H_
#define PAVANE_SUPERVISION_CHILD_PROCESSES_H_

#include <sys/types.h>

#include <vector>

#include "absl/time/time.h"

namespace pavane::supervision {

// As /proc shows them now; zombies included.
std::vector<pid_t> ChildProcesses();

// Kills and reaps until this process has no child left. With PR_SET_CHILD_SUBREAPER the children of
// those killed become children of this one, so that nothing below remains. False if some would not
// end within the limit (a process in an uninterruptible wait).
bool KillAllChildren(absl::Duration limit);

}  // namespace pavane::supervision

#endif  // PAVANE_SUPERVISION_CHILD_PROCESSES_H_
