#include "http/response.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace pavane::http {
namespace {

std::string JsonText(absl::string_view text) {
  std::string out = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      absl::StrAppendFormat(&out, "\\u%04x", c);
    } else {
      out += c;
    }
  }
  return out + '"';
}

}  // namespace

Response JsonError(int status, absl::string_view message) {
  return {
      status, "application/json",
      absl::StrCat("{\"error\":{\"status\":", status, ",\"message\":", JsonText(message), "}}\n")};
}

absl::string_view StatusText(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 500:
      return "Internal Server Error";
    case 503:
      return "Service Unavailable";
    default:
      return "Status";
  }
}

}  // namespace pavane::http
