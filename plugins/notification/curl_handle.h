// A libcurl transfer that frees itself.
#ifndef PAVANE_PLUGINS_NOTIFICATION_CURL_HANDLE_H_
#define PAVANE_PLUGINS_NOTIFICATION_CURL_HANDLE_H_

#include <string>

#include "absl/time/time.h"
#include <curl/curl.h>

namespace pavane::notification {

// A list of strings for libcurl.
class CurlList {
 public:
  CurlList() = default;
  ~CurlList() { curl_slist_free_all(list_); }
  CurlList(const CurlList&) = delete;
  CurlList& operator=(const CurlList&) = delete;
  void Add(const std::string& text) { list_ = curl_slist_append(list_, text.c_str()); }
  curl_slist* get() const { return list_; }

 private:
  curl_slist* list_ = nullptr;
};

// One transfer, on one thread. curl_global_init has been called.
class CurlHandle {
 public:
  CurlHandle(const std::string& url, absl::Duration timeout);
  ~CurlHandle() { curl_easy_cleanup(handle_); }
  CurlHandle(const CurlHandle&) = delete;
  CurlHandle& operator=(const CurlHandle&) = delete;

  template <typename Value>
  void Set(CURLoption option, Value value) {
    curl_easy_setopt(handle_, option, value);
  }
  CURLcode Perform() { return curl_easy_perform(handle_); }
  // The last code the server answered, 0 when it did not.
  long ResponseCode() const;
  // The last line by which an SMTP server refused something (4xx, 5xx), without its line end.
  const std::string& refusal() const { return refusal_; }
  // Whether an SMTP server has taken our hello (or anything after it).
  bool welcomed() const { return welcomed_; }
  // What the server sent as a body, at most 4 KiB.
  const std::string& body() const { return body_; }
  // What libcurl says of a failure.
  std::string Explain(CURLcode code) const;

 private:
  static size_t TakeLine(char* data, size_t size, size_t count, void* self);
  static size_t TakeBody(char* data, size_t size, size_t count, void* self);

  CURL* const handle_;
  char error_[CURL_ERROR_SIZE] = "";
  std::string refusal_;
  bool welcomed_ = false;
  std::string body_;
};

}  // namespace pavane::notification

#endif  // PAVANE_PLUGINS_NOTIFICATION_CURL_HANDLE_H_
