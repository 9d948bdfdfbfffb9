#include "admin/contracts.h"

namespace pavane::admin {
namespace {

// Names of services are claims: they must not fill the memory.
constexpr size_t kContractsMax = 10'000;

}  // namespace

void Contracts::Set(const std::string& service, const pavane::v1::Contract& contract) {
  MutexLock lock(mu_);
  if (contracts_.size() >= kContractsMax && !contracts_.contains(service)) return;
  contracts_[service] = contract;
}

std::optional<pavane::v1::Contract> Contracts::Get(const std::string& service) const {
  MutexLock lock(mu_);
  const auto found = contracts_.find(service);
  if (found == contracts_.end()) return std::nullopt;
  return found->second;
}

}  // namespace pavane::admin
