#ifndef PAVANE_CLIENTS_CPP_SRC_DELIVERY_ID_HASH_H_
#define PAVANE_CLIENTS_CPP_SRC_DELIVERY_ID_HASH_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace pavane {
inline namespace client {
namespace internal {

// Of a delivery id: its last eight bytes, which the broker draws at random. Whatever ids a broker
// makes, only speed depends on it. Not noexcept, so that maps of the standard library keep the
// value beside each key instead of reading the key again.
struct DeliveryIdHash {
  size_t operator()(std::string_view id) const {
    uint64_t tail = 0;
    const size_t size = std::min(id.size(), sizeof(tail));
    std::memcpy(&tail, id.data() + id.size() - size, size);
    return tail;
  }
};

}  // namespace internal
}  // namespace client
}  // namespace pavane

#endif  // PAVANE_CLIENTS_CPP_SRC_DELIVERY_ID_HASH_H_
