#include "plugins/notification/curl_handle.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"

namespace pavane::notification {
namespace {

constexpr size_t kBodyBytesMax = 4096;
constexpr absl::Duration kConnectTimeout = absl::Seconds(10);

}  // namespace

CurlHandle::CurlHandle(const std::string& url, absl::Duration timeout) : handle_(curl_easy_init()) {
  Set(CURLOPT_URL, url.c_str());
  Set(CURLOPT_NOSIGNAL, 1L);
  Set(CURLOPT_CONNECTTIMEOUT_MS,
      static_cast<long>(absl::ToInt64Milliseconds(std::min(kConnectTimeout, timeout))));
  Set(CURLOPT_TIMEOUT_MS, static_cast<long>(absl::ToInt64Milliseconds(timeout)));
  Set(CURLOPT_ERRORBUFFER, error_);
  Set(CURLOPT_HEADERFUNCTION, &CurlHandle::TakeLine);
  Set(CURLOPT_HEADERDATA, this);
  Set(CURLOPT_WRITEFUNCTION, &CurlHandle::TakeBody);
  Set(CURLOPT_WRITEDATA, this);
}

long CurlHandle::ResponseCode() const {
  long code = 0;
  curl_easy_getinfo(handle_, CURLINFO_RESPONSE_CODE, &code);
  return code;
}

std::string CurlHandle::Explain(CURLcode code) const {
  return error_[0] != '\0' ? error_ : curl_easy_strerror(code);
}

size_t CurlHandle::TakeLine(char* data, size_t size, size_t count, void* self) {
  const absl::string_view line = absl::StripAsciiWhitespace({data, size * count});
  auto& curl = *static_cast<CurlHandle*>(self);
  if (!line.empty() && (line[0] == '4' || line[0] == '5')) curl.refusal_ = std::string(line);
  if (absl::StartsWith(line, "250")) curl.welcomed_ = true;
  return size * count;
}

size_t CurlHandle::TakeBody(char* data, size_t size, size_t count, void* self) {
  std::string& body = static_cast<CurlHandle*>(self)->body_;
  body.append(data, std::min(size * count, kBodyBytesMax - body.size()));
  return size * count;
}

}  // namespace pavane::notification
