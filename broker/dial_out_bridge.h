#ifndef PAVANE_DIAL_OUT_BRIDGE_H_
#define PAVANE_DIAL_OUT_BRIDGE_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"

#include "base/mutex.h"
#include "delivery/dispatcher.h"
#include "ingress/settler.h"
#include "targets/dial_out.h"
#include "targets/dial_out_host.h"

namespace pavane {

/// Joins the dialled services (targets/) with delivery and ingress, which do not know each other:
/// delivery says which addresses some target names, a dialled service opens a session for its
/// address and settles through ingress like every other service. Thread-safe.
class DialOutBridge : public delivery::Dispatcher::DialOut, public targets::DialOutHost {
 public:
  /// The references must outlive the bridge; call Stop before they go.
  DialOutBridge(delivery::Dispatcher& dispatcher, ingress::Settler& settler,
                targets::DialOut::Options options);

  /// Closes all connections and waits for the calls under way.
  void Stop();

  // ---- delivery::Dispatcher::DialOut (delivery loop, or the starting thread)
  void Watch(const std::string& address) override;
  void Unwatch(const std::string& address) override;

  // ---- targets::DialOutHost
  void OpenSession(const std::string& address, std::shared_ptr<targets::Session> session) override
      ABSL_LOCKS_EXCLUDED(mu_);
  void AddCredit(const std::string& address, uint32_t messages) override ABSL_LOCKS_EXCLUDED(mu_);
  void WithdrawCredit(const std::string& address) override ABSL_LOCKS_EXCLUDED(mu_);
  void CloseSession(const std::string& address) override ABSL_LOCKS_EXCLUDED(mu_);
  void Settle(const std::string& address, std::vector<pavane::v1::Settlement> settlements) override;
  void Described(const std::string& address, const std::string& service,
                 const pavane::v1::Contract& contract) override ABSL_LOCKS_EXCLUDED(mu_);

 private:
  /// What is asked of a session before its number is known.
  struct Opening {
    delivery::SessionId id;  // 0: not open yet
    uint32_t credit = 0;
    std::string alias;
    bool closed = false;
  };

  void Opened(const std::string& address, const std::shared_ptr<Opening>& opening,
              delivery::SessionId id) ABSL_LOCKS_EXCLUDED(mu_);

  delivery::Dispatcher& dispatcher_;
  ingress::Settler& settler_;
  targets::DialOut dial_out_;
  Mutex mu_;
  absl::flat_hash_map<std::string, std::shared_ptr<Opening>> sessions_ ABSL_GUARDED_BY(mu_);
};

}  // namespace pavane

#endif  // PAVANE_DIAL_OUT_BRIDGE_H_
