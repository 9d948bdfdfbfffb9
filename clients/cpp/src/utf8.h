#ifndef PAVANE_CLIENTS_CPP_SRC_UTF8_H_
#define PAVANE_CLIENTS_CPP_SRC_UTF8_H_

#include <cstddef>
#include <string>
#include <string_view>

#include "pavane/error.h"
#include "pavane/v1/publisher.pb.h"

namespace pavane {
inline namespace client {
namespace internal {

// Text fields of protobuf must be UTF-8: one that is not makes the broker's gRPC refuse the whole
// message and end the stream, with all that is in flight. So text is checked before it is sent.

bool IsUtf8(std::string_view text);

// Cut to `bytes_max`, not within a character; bytes that are not UTF-8 become '?'.
std::string CleanUtf8(std::string text, size_t bytes_max);

// INVALID_UTF8 naming the field, or ok.
Error CheckText(const pavane::v1::PublishEntry& entry);

}  // namespace internal
}  // namespace client
}  // namespace pavane

#endif  // PAVANE_CLIENTS_CPP_SRC_UTF8_H_
