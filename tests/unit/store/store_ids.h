#ifndef PAVANE_TESTS_UNIT_STORE_STORE_IDS_H_
#define PAVANE_TESTS_UNIT_STORE_STORE_IDS_H_

#include "base/ids.h"

namespace pavane::store {

inline constexpr BusId kBus(1);
inline constexpr BusId kOtherBus(2);
inline constexpr TargetId kTarget(10);

}  // namespace pavane::store

#endif  // PAVANE_TESTS_UNIT_STORE_STORE_IDS_H_
