// What an HTTP handler is asked and answers.
#ifndef PAVANE_HTTP_RESPONSE_H_
#define PAVANE_HTTP_RESPONSE_H_

#include <string>

#include "absl/strings/string_view.h"

namespace pavane::http {

struct Response {
  int status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body;
};

// {"error":{"status":404,"message":"..."}} with that status.
Response JsonError(int status, absl::string_view message);

// "Not Found"
absl::string_view StatusText(int status);

}  // namespace pavane::http

#endif  // PAVANE_HTTP_RESPONSE_H_
