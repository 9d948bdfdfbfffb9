// The processes that have a file open, so that an operator knows whom to end.
#ifndef PAVANE_SUPERVISION_LOCK_HOLDERS_H_
#define PAVANE_SUPERVISION_LOCK_HOLDERS_H_

#include <string>

namespace pavane::supervision {

// "4711 (sleep), 4712 (sh)" of those that have the file behind `fd` open; this process is left out,
// and with many only the first are named. Empty if none is seen: the processes of other users
// cannot be looked into.
std::string HoldersOf(int fd);

}  // namespace pavane::supervision

#endif  // PAVANE_SUPERVISION_LOCK_HOLDERS_H_
