// Between the wire's lease extensions and delivery's.
#ifndef PAVANE_RPC_LEASE_TRANSLATION_H_
#define PAVANE_RPC_LEASE_TRANSLATION_H_

#include <vector>

#include "google/protobuf/repeated_ptr_field.h"

#include "delivery/requests.h"
#include "pavane/v1/delivery.pb.h"

namespace pavane::rpc {

std::vector<delivery::ExtendRequest> TranslateExtend(
    const google::protobuf::RepeatedPtrField<pavane::v1::ExtendItem>& items);
pavane::v1::ExtendResult TranslateExtendAnswer(const delivery::ExtendAnswer& answer);

}  // namespace pavane::rpc

#endif  // PAVANE_RPC_LEASE_TRANSLATION_H_
