#ifndef PAVANE_RPC_SETTLE_SALVAGE_H_
#define PAVANE_RPC_SETTLE_SALVAGE_H_

#include <string>

#include "ingress/settler.h"

namespace pavane::rpc {

/// What can be taken of a SubscribeRequest that cannot be parsed as a whole because some text in it
/// is not UTF-8: one bad settlement is no reason to lose the others.
struct SettleSalvage {
  ingress::Settler::Settlements good;
  ingress::Settler::Results refused;  // the bad ones, answered
};

/// Both are empty if `bytes` holds no settlements.
SettleSalvage SalvageSettlements(const std::string& bytes);

}  // namespace pavane::rpc

#endif  // PAVANE_RPC_SETTLE_SALVAGE_H_
