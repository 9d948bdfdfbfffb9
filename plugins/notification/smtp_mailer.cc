#include "plugins/notification/smtp_mailer.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"

#include "plugins/common/status_macros.h"
#include "plugins/notification/curl_handle.h"
#include "plugins/notification/email_message.h"

namespace pavane::notification {
namespace {

// The text that libcurl reads while it sends.
struct Upload {
  std::string text;
  size_t sent = 0;
};

size_t ReadUpload(char* buffer, size_t size, size_t count, void* opaque) {
  auto& upload = *static_cast<Upload*>(opaque);
  const size_t bytes = std::min(size * count, upload.text.size() - upload.sent);
  std::memcpy(buffer, upload.text.data() + upload.sent, bytes);
  upload.sent += bytes;
  return bytes;
}

long TlsLevel(SmtpOptions::Tls tls) {
  switch (tls) {
    case SmtpOptions::Tls::kNever:
      return CURLUSESSL_NONE;
    case SmtpOptions::Tls::kIfOffered:
      return CURLUSESSL_TRY;
    case SmtpOptions::Tls::kRequired:
      return CURLUSESSL_ALL;
  }
  return CURLUSESSL_ALL;
}

// Authentication is wanted (530), failed (535) or too weak (534, 538).
bool IsAboutCredentials(long code) {
  return code == 530 || code == 534 || code == 535 || code == 538;
}

// A server that refuses us at its greeting (554: "no SMTP service here", RFC 5321 3.1) or at our
// hello has said nothing of the e-mail: it may be tried again.
absl::Status SmtpStatus(CURLcode code, const CurlHandle& curl) {
  if (code == CURLE_OK) return absl::OkStatus();
  const long reply = curl.ResponseCode();
  const bool for_good = curl.welcomed() && reply >= 500 && reply <= 599 &&
                        !IsAboutCredentials(reply) && code != CURLE_LOGIN_DENIED &&
                        code != CURLE_USE_SSL_FAILED;
  std::string message = curl.Explain(code);
  if (!curl.refusal().empty()) message = absl::StrCat(curl.refusal(), " (", message, ")");
  return for_good ? absl::InvalidArgumentError(message) : absl::UnavailableError(message);
}

}  // namespace

SmtpMailer::SmtpMailer(SmtpOptions options, plugins::Clock clock)
    : options_(std::move(options)), clock_(std::move(clock)) {}

absl::Status SmtpMailer::Send(const Message& message) {
  RETURN_IF_ERROR(CheckAddress(message.to));
  Email email;
  email.from = options_.sender;
  email.to = message.to;
  email.subject = message.subject;
  email.text = message.text;
  email.message_id = absl::StrCat(message.key, "@", options_.message_id_domain);
  email.date = clock_();
  Upload upload{ToMessage(email)};

  const std::string from = AddressOf(options_.sender);
  CurlList recipients;
  recipients.Add(absl::StrCat("<", message.to, ">"));
  CurlHandle curl(options_.url, options_.timeout);
  curl.Set(CURLOPT_PROTOCOLS_STR, "smtp,smtps");
  curl.Set(CURLOPT_MAIL_FROM, absl::StrCat("<", from, ">").c_str());
  curl.Set(CURLOPT_MAIL_RCPT, recipients.get());
  curl.Set(CURLOPT_USE_SSL, TlsLevel(options_.tls));
  if (!options_.ca_file.empty()) curl.Set(CURLOPT_CAINFO, options_.ca_file.c_str());
  if (!options_.user.empty()) {
    curl.Set(CURLOPT_USERNAME, options_.user.c_str());
    curl.Set(CURLOPT_PASSWORD, options_.password.c_str());
  }
  curl.Set(CURLOPT_UPLOAD, 1L);
  curl.Set(CURLOPT_READFUNCTION, &ReadUpload);
  curl.Set(CURLOPT_READDATA, &upload);
  return SmtpStatus(curl.Perform(), curl);
}

}  // namespace pavane::notification
