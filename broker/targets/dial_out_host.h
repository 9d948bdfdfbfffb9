#ifndef PAVANE_TARGETS_DIAL_OUT_HOST_H_
#define PAVANE_TARGETS_DIAL_OUT_HOST_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"

#include "pavane/v1/delivery.pb.h"
#include "pavane/v1/rules.pb.h"
#include "targets/session.h"

namespace pavane::targets {

/// What a dialled service needs of the rest of the broker. Implemented where ingress and delivery
/// are known; all calls are thread-safe and do not block.
class DialOutHost {
 public:
  virtual ~DialOutHost() = default;

  /// Opens the session of an address; the far end takes deliveries from then on, as far as credit
  /// goes.
  virtual void OpenSession(const std::string& address, std::shared_ptr<Session> session) = 0;
  virtual void AddCredit(const std::string& address, uint32_t messages) = 0;
  /// Takes back what is left of it.
  virtual void WithdrawCredit(const std::string& address) = 0;
  virtual void CloseSession(const std::string& address) = 0;
  /// Settlements of the far end, and those that stand for failed calls.
  virtual void Settle(const std::string& address,
                      std::vector<pavane::v1::Settlement> settlements) = 0;
  /// What Describe said.
  virtual void Described(const std::string& address, const std::string& service,
                         const pavane::v1::Contract& contract) = 0;
};

}  // namespace pavane::targets

#endif  // PAVANE_TARGETS_DIAL_OUT_HOST_H_
