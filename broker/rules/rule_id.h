#pragma once

#include <cstdint>

namespace pavane::rules {

/// The caller's number for a rule; rules/ only hands it back. Never reused by the catalog.
using RuleId = uint64_t;

}  // namespace pavane::rules
