// Fields that this broker does not know, in what operators and services put to stay. Protobuf keeps
// such fields, so they would be stored and shown again as if they did something: a rule with a
// newer client's setting must be refused, not taken without it. Everything else that clients send
// (events, settlements, extensions) is read as protobuf means it: unknown fields are passed over.
#ifndef PAVANE_ADMIN_UNKNOWN_FIELDS_H_
#define PAVANE_ADMIN_UNKNOWN_FIELDS_H_

#include "absl/status/status.h"
#include "google/protobuf/message.h"

namespace pavane::admin {

/// Unimplemented with NOT_SUPPORTED when `message` or one within it has a field that its type has
/// not; names the field's number, the type and where it is.
absl::Status RefuseUnknownFields(const google::protobuf::Message& message);

}  // namespace pavane::admin

#endif  // PAVANE_ADMIN_UNKNOWN_FIELDS_H_
