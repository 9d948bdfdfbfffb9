#include "base/utf8.h"

#include <simdjson.h>

namespace pavane {

bool IsValidUtf8(absl::string_view text) {
  return simdjson::validate_utf8(text.data(), text.size());
}

}  // namespace pavane
