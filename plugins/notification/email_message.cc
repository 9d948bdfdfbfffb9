#include "plugins/notification/email_message.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace pavane::notification {
namespace {

constexpr size_t kAddressBytesMax = 254;  // RFC 5321
constexpr size_t kQuotedLineMax = 76;     // RFC 2045
constexpr size_t kEncodedWordBytes = 42;  // of UTF-8, so that the word stays within 75 characters

std::string OneLine(std::string text) {
  for (char& c : text) {
    if (absl::ascii_iscntrl(static_cast<unsigned char>(c))) c = ' ';
  }
  return text;
}

bool IsAscii(const std::string& text) {
  for (const char c : text) {
    if (!absl::ascii_isascii(static_cast<unsigned char>(c))) return false;
  }
  return true;
}

// Where a piece of at most `bytes` ends without cutting a UTF-8 character.
size_t PieceEnd(const std::string& text, size_t begin, size_t bytes) {
  size_t end = std::min(begin + bytes, text.size());
  while (end < text.size() && end > begin + 1 && (text[end] & 0xC0) == 0x80) --end;
  return end;
}

std::string EncodeWords(const std::string& text) {
  std::string encoded;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = PieceEnd(text, begin, kEncodedWordBytes);
    const std::string piece = text.substr(begin, end - begin);
    absl::StrAppend(&encoded, encoded.empty() ? "" : "\r\n ", "=?UTF-8?B?",
                    absl::Base64Escape(piece), "?=");
    begin = end;
  }
  return encoded;
}

std::string HeaderText(const std::string& text) {
  const std::string line = OneLine(text);
  return IsAscii(line) ? line : EncodeWords(line);
}

// `Name <address>`: only the name may need encoding.
std::string Mailbox(const std::string& mailbox) {
  const size_t open = mailbox.rfind('<');
  if (open == std::string::npos || open == 0) return OneLine(mailbox);
  const std::string name(absl::StripAsciiWhitespace(mailbox.substr(0, open)));
  return absl::StrCat(HeaderText(name), " ", OneLine(mailbox.substr(open)));
}

// One character of quoted-printable; space and tab must not end a line.
std::string QuotedCharacter(const std::string& text, size_t i) {
  const char c = text[i];
  const bool last = i + 1 == text.size() || text[i + 1] == '\n';
  const bool plain = (c >= 33 && c <= 126 && c != '=') || ((c == ' ' || c == '\t') && !last);
  return plain ? std::string(1, c) : absl::StrFormat("=%02X", static_cast<unsigned char>(c));
}

std::string QuotedPrintable(const std::string& text) {
  std::string encoded;
  size_t line = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\r') continue;
    if (text[i] == '\n') {
      encoded += "\r\n";
      line = 0;
      continue;
    }
    const std::string quoted = QuotedCharacter(text, i);
    if (line + quoted.size() > kQuotedLineMax - 1) {
      encoded += "=\r\n";
      line = 0;
    }
    encoded += quoted;
    line += quoted.size();
  }
  return encoded;
}

}  // namespace

std::string AddressOf(const std::string& mailbox) {
  const size_t open = mailbox.rfind('<');
  const size_t close = mailbox.rfind('>');
  if (open == std::string::npos || close == std::string::npos || close < open) return mailbox;
  return mailbox.substr(open + 1, close - open - 1);
}

absl::Status CheckAddress(const std::string& address) {
  const size_t at = address.find('@');
  bool good = at != std::string::npos && at > 0 && at + 1 < address.size() &&
              at == address.rfind('@') && address.size() <= kAddressBytesMax;
  for (const unsigned char c : address) {
    good = good && c > 32 && c != 127 && c != '<' && c != '>' && c != ',' && c != ';';
  }
  if (good) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("'", OneLine(address), "' is not an address"));
}

std::string ToMessage(const Email& email) {
  const std::string date =
      absl::FormatTime("%a, %d %b %Y %H:%M:%S +0000", email.date, absl::UTCTimeZone());
  std::string message =
      absl::StrCat("Date: ", date, "\r\nFrom: ", Mailbox(email.from), "\r\nTo: ", OneLine(email.to),
                   "\r\nSubject: ", HeaderText(email.subject), "\r\nMessage-ID: <",
                   OneLine(email.message_id), ">\r\n");
  absl::StrAppend(&message,
                  "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
                  "Content-Transfer-Encoding: quoted-printable\r\nAuto-Submitted: auto-generated"
                  "\r\n\r\n",
                  QuotedPrintable(email.text));
  if (email.text.empty() || email.text.back() != '\n') message += "\r\n";
  return message;
}

}  // namespace pavane::notification
