// The process between the broker and one plugin, so that nothing of the plugin outlives the broker.
//
// A plain PR_SET_PDEATHSIG from the broker would be bound to the broker's forking thread, and would
// miss the plugin's own children. The guard instead is a single-threaded process that holds a lock
// file, adopts all orphans below it (PR_SET_CHILD_SUBREAPER), and when the plugin ends or the
// control pipe closes kills every process below itself, in whatever session or group, before it
// releases the lock. A broker started again waits for that lock before it starts the plugin. Should
// the guard itself be killed, the plugin gets SIGKILL from the kernel, and the lock, which the
// plugin and its children inherit, stays taken until the last of them has ended.
#ifndef PAVANE_SUPERVISION_PLUGIN_GUARD_H_
#define PAVANE_SUPERVISION_PLUGIN_GUARD_H_

#include <optional>

namespace pavane::supervision {

// To be called first in main(), before any thread: if the arguments ask for a guard, is one, and
// returns the exit code; otherwise returns nothing at once.
std::optional<int> RunPluginGuardIfAsked(int argc, char** argv);

}  // namespace pavane::supervision

#endif  // PAVANE_SUPERVISION_PLUGIN_GUARD_H_
