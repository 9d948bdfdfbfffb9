#ifndef PAVANE_TESTS_CRASH_BROKER_REDRIVER_H_
#define PAVANE_TESTS_CRASH_BROKER_REDRIVER_H_

#include <cstdint>
#include <string>

#include "pavane/admin/v1/dead_letter.grpc.pb.h"
#include "tests/crash/broker/party.h"

namespace pavane::crash {

/// Sends dead letters back, or purges them, one by one: nobody else touches them, so one that it
/// saw can only be gone by its own doing. Writes `redriven|purged LETTER EVENT` for each that is
/// done, `lost LETTER EVENT` for one that was gone before it asked, `refused`, `bare LETTER EVENT`
/// for one whose event is not the one it names.
class Redriver : public Party {
 public:
  Redriver(const Daemon& daemon, const std::string& log_path);
  ~Redriver() override { Stop(); }

 protected:
  void Run() override;

 private:
  void Change(pavane::admin::v1::DeadLetterAdmin::Stub& stub,
              const pavane::admin::v1::DeadLetter& letter);

  uint64_t changed_ = 0;
};

}  // namespace pavane::crash

#endif  // PAVANE_TESTS_CRASH_BROKER_REDRIVER_H_
