#include "admin/unknown_fields.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/unknown_field_set.h"

#include "base/status_macros.h"
#include "event/reason.h"

namespace pavane::admin {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;
using google::protobuf::UnknownFieldSet;

// `path` leads to `message`, empty for the outermost. Parsing has bounded the depth.
absl::Status RefuseWithin(const Message& message, const std::string& path) {
  const Reflection& reflection = *message.GetReflection();
  const UnknownFieldSet& unknown = reflection.GetUnknownFields(message);
  if (!unknown.empty()) {
    return event::Refused(
        absl::StatusCode::kUnimplemented, pavane::v1::NOT_SUPPORTED,
        absl::StrCat(path.empty() ? "" : absl::StrCat(path, ": "), "this broker knows no field ",
                     unknown.field(0).number(), " of ", message.GetDescriptor()->full_name()));
  }
  std::vector<const FieldDescriptor*> fields;
  reflection.ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) {
    if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) continue;
    const std::string name = absl::StrCat(path, path.empty() ? "" : ".", field->name());
    if (!field->is_repeated()) {
      RETURN_IF_ERROR(RefuseWithin(reflection.GetMessage(message, field), name));
      continue;
    }
    for (int i = 0; i < reflection.FieldSize(message, field); ++i) {
      RETURN_IF_ERROR(RefuseWithin(reflection.GetRepeatedMessage(message, field, i),
                                   absl::StrCat(name, "[", i, "]")));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status RefuseUnknownFields(const Message& message) { return RefuseWithin(message, ""); }

}  // namespace pavane::admin
