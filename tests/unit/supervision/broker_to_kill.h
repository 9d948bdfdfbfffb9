#ifndef PAVANE_TESTS_UNIT_SUPERVISION_BROKER_TO_KILL_H_
#define PAVANE_TESTS_UNIT_SUPERVISION_BROKER_TO_KILL_H_

namespace pavane::supervision {

inline constexpr char kBrokerFlag[] = "--be-a-broker-to-kill";

// Supervises one plugin, `sh -c script`, with its lock in `lock_dir`, until it is killed.
int RunBrokerToKill(const char* lock_dir, const char* script);

}  // namespace pavane::supervision

#endif  // PAVANE_TESTS_UNIT_SUPERVISION_BROKER_TO_KILL_H_
