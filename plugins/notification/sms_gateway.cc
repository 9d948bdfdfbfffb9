#include "plugins/notification/sms_gateway.h"

#include <utility>

#include "absl/strings/str_cat.h"

#include "plugins/common/json.h"
#include "plugins/notification/curl_handle.h"

namespace pavane::notification {
namespace {

// Of 4xx those that are about us, the moment or the load, not about the message.
bool MayPass(long code) {
  return code == 401 || code == 403 || code == 408 || code == 425 || code == 429;
}

absl::Status HttpStatus(CURLcode code, const CurlHandle& curl) {
  if (code != CURLE_OK) return absl::UnavailableError(curl.Explain(code));
  const long answer = curl.ResponseCode();
  if (answer >= 200 && answer <= 299) return absl::OkStatus();
  const std::string message = absl::StrCat("HTTP ", answer, " ", curl.body().substr(0, 200));
  const bool for_good = answer >= 400 && answer <= 499 && !MayPass(answer);
  return for_good ? absl::InvalidArgumentError(message) : absl::UnavailableError(message);
}

}  // namespace

SmsGateway::SmsGateway(SmsOptions options) : options_(std::move(options)) {}

absl::Status SmsGateway::Send(const Message& message) {
  if (message.to.empty()) return absl::InvalidArgumentError("there is no phone number");
  const std::string body = plugins::ToText({{"to", message.to}, {"text", message.text}});
  CurlList headers;
  headers.Add("Content-Type: application/json");
  headers.Add(absl::StrCat(options_.key_header, ": ", message.key));
  if (!options_.authorization.empty()) {
    headers.Add(absl::StrCat("Authorization: ", options_.authorization));
  }
  CurlHandle curl(options_.url, options_.timeout);
  curl.Set(CURLOPT_HTTPHEADER, headers.get());
  curl.Set(CURLOPT_POSTFIELDSIZE, static_cast<long>(body.size()));
  curl.Set(CURLOPT_POSTFIELDS, body.c_str());
  curl.Set(CURLOPT_PROTOCOLS_STR, "http,https");
  if (!options_.ca_file.empty()) curl.Set(CURLOPT_CAINFO, options_.ca_file.c_str());
  return HttpStatus(curl.Perform(), curl);
}

}  // namespace pavane::notification
