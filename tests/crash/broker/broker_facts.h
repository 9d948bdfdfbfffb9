#ifndef PAVANE_TESTS_CRASH_BROKER_BROKER_FACTS_H_
#define PAVANE_TESTS_CRASH_BROKER_BROKER_FACTS_H_

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "pavane/admin/v1/system.pb.h"
#include "tests/crash/broker/daemon.h"

namespace pavane::crash {

/// What the broker says it has, read through its public doors.
struct BrokerFacts {
  std::map<std::string, uint64_t> sequence_of;              // published events by id
  std::map<uint64_t, std::string> id_at;                    // all events
  std::map<std::string, std::vector<uint64_t>> done_of;     // emitted by an ack, by cause
  std::map<std::string, std::vector<uint64_t>> refused_of;  // emitted by a reject, by cause
  std::set<std::string> works;
  std::map<std::string, uint64_t> dead;                           // dead letters by event id
  std::map<std::string, pavane::admin::v1::TargetStats> targets;  // by rule
  std::vector<std::string> problems;  // what could not be read, or is twice
};

BrokerFacts ReadBroker(const Daemon& daemon);

}  // namespace pavane::crash

#endif  // PAVANE_TESTS_CRASH_BROKER_BROKER_FACTS_H_
