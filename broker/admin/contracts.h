#ifndef PAVANE_ADMIN_CONTRACTS_H_
#define PAVANE_ADMIN_CONTRACTS_H_

#include <optional>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"

#include "base/mutex.h"
#include "pavane/v1/rules.pb.h"

namespace pavane::admin {

/// What services have said of themselves since the start; the newest instance's word holds. Any
/// thread.
class Contracts {
 public:
  void Set(const std::string& service, const pavane::v1::Contract& contract)
      ABSL_LOCKS_EXCLUDED(mu_);
  std::optional<pavane::v1::Contract> Get(const std::string& service) const
      ABSL_LOCKS_EXCLUDED(mu_);

 private:
  mutable Mutex mu_;
  absl::flat_hash_map<std::string, pavane::v1::Contract> contracts_ ABSL_GUARDED_BY(mu_);
};

}  // namespace pavane::admin

#endif  // PAVANE_ADMIN_CONTRACTS_H_
