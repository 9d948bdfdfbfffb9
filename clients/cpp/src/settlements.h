#ifndef PAVANE_CLIENTS_CPP_SRC_SETTLEMENTS_H_
#define PAVANE_CLIENTS_CPP_SRC_SETTLEMENTS_H_

#include <string>
#include <string_view>

#include "pavane/result.h"
#include "pavane/v1/delivery.pb.h"

namespace pavane {
inline namespace client {
namespace internal {

// The settlement of a delivery from what its handler returned. Codes and messages are cut to what
// the broker takes; emits without source get `source`. Emits that cannot be sent (not UTF-8) make
// it a nack INVALID_EMIT.
pavane::v1::Settlement MakeSettlement(std::string_view delivery_id, Result result,
                                      const std::string& source);

}  // namespace internal
}  // namespace client
}  // namespace pavane

#endif  // PAVANE_CLIENTS_CPP_SRC_SETTLEMENTS_H_
