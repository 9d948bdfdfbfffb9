#ifndef PAVANE_CLIENTS_CPP_UUID_H_
#define PAVANE_CLIENTS_CPP_UUID_H_

#include <string>
#include <string_view>

namespace pavane {
inline namespace client {

// A fresh random UUID (version 4), lower case with dashes.
std::string RandomUuid();

// The UUID (version 5) of `name` within Pavane's own name space: the same name gives the same UUID,
// everywhere and for ever. For ids of effects that must not happen twice, say from a template's
// name, event source and event id; join the parts by a character that none of them has.
std::string NamedUuid(std::string_view name);

// The same within another name space, given as a UUID's text. Empty if that is not a UUID.
std::string NamedUuid(std::string_view name_space_uuid, std::string_view name);

}  // namespace client
}  // namespace pavane

#endif  // PAVANE_CLIENTS_CPP_UUID_H_
