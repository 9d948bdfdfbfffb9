#ifndef PAVANE_TESTS_CRASH_BROKER_FAILURE_WATCH_H_
#define PAVANE_TESTS_CRASH_BROKER_FAILURE_WATCH_H_

#include <string>

#include "tests/crash/broker/crash_service.h"
#include "tests/crash/broker/party.h"

namespace pavane::crash {

/// Reads FailedInvocations of the worker's target again and again. Writes `failed COUNT ACCEPTED`,
/// ACCEPTED being how many rejects the worker had been answered before it asked: the count must
/// never be below that, nor below the count before.
class FailureWatch : public Party {
 public:
  FailureWatch(const Daemon& daemon, const CrashService& worker, const std::string& log_path);
  ~FailureWatch() override { Stop(); }

 protected:
  void Run() override;

 private:
  const CrashService& worker_;
};

}  // namespace pavane::crash

#endif  // PAVANE_TESTS_CRASH_BROKER_FAILURE_WATCH_H_
