#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plugins/notification/sms_gateway.h"
#include "plugins/notification/smtp_mailer.h"
#include "tests/unit/plugins/loopback_server.h"

namespace pavane::notification {
namespace {

using pavane::testing::Connection;
using pavane::testing::LoopbackServer;
using ::testing::HasSubstr;

// What a test wants the mail server to answer, and what it heard.
struct MailScript {
  std::string greeting = "220 ready";
  std::string hello = "250 ok";
  std::string mail = "250 ok";
  std::string rcpt = "250 ok";
  std::string data_end = "250 queued";
  bool offers_auth = false;
  std::string auth = "235 ok";

  std::vector<std::string> commands;
  std::string message;
};

void ReadMessage(Connection& peer, MailScript& script) {
  for (;;) {
    const std::string line = peer.ReadLine();
    if (line == "." || peer.gone()) return;
    script.message += line + "\n";
  }
}

std::string ReplyTo(const std::string& command, const MailScript& script) {
  if (absl::StartsWith(command, "MAIL")) return script.mail;
  if (absl::StartsWith(command, "RCPT")) return script.rcpt;
  if (absl::StartsWith(command, "AUTH")) return script.auth;
  if (command == "DATA") return "354 go on";
  if (command == "QUIT") return "221 bye";
  return script.hello;
}

void TalkSmtp(Connection& peer, MailScript& script) {
  peer.WriteLine(script.greeting);
  for (;;) {
    const std::string command = peer.ReadLine();
    if (peer.gone()) return;
    script.commands.push_back(command);
    if (absl::StartsWith(command, "EHLO") && script.offers_auth) {
      peer.WriteLine("250-hello");
      peer.WriteLine("250 AUTH PLAIN");
      continue;
    }
    if (absl::StartsWith(command, "AUTH")) {
      peer.WriteLine("334 ");
      peer.ReadLine();  // the credentials
    }
    peer.WriteLine(ReplyTo(command, script));
    if (command == "DATA") {
      ReadMessage(peer, script);
      peer.WriteLine(script.data_end);
    }
    if (command == "QUIT") return;
  }
}

class SmtpMailerTest : public ::testing::Test {
 protected:
  // Sends one e-mail to a server that follows `script_`.
  absl::Status Send(const Message& message = {"ada@example.org", "Hi", "Hello\n.\nbye\n", "key"}) {
    LoopbackServer server([this](Connection& peer) { TalkSmtp(peer, script_); });
    options_.url = absl::StrCat("smtp://127.0.0.1:", server.port());
    options_.sender = "Pavane Air <air@example.org>";
    options_.message_id_domain = "example.org";
    options_.timeout = absl::Seconds(10);
    return SmtpMailer(options_, [] { return absl::UnixEpoch(); }).Send(message);
  }

  SmtpOptions options_;
  MailScript script_;
};

TEST_F(SmtpMailerTest, SendsOneMessage) {
  const absl::Status status = Send();
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_THAT(script_.commands, ::testing::Contains("MAIL FROM:<air@example.org>"));
  EXPECT_THAT(script_.commands, ::testing::Contains("RCPT TO:<ada@example.org>"));
  EXPECT_THAT(script_.message, HasSubstr("Message-ID: <key@example.org>\n"));
  // A line of one dot would end the message; it travels doubled.
  EXPECT_THAT(script_.message, HasSubstr("\n\nHello\n..\nbye\n"));
}

TEST_F(SmtpMailerTest, RefusalsForGoodSayWhatTheServerSaid) {
  script_.rcpt = "550 5.1.1 no such user";
  absl::Status status = Send();
  EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("550 5.1.1 no such user"));
  script_ = MailScript();
  script_.data_end = "554 5.6.0 looks like spam";
  status = Send();
  EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("spam"));
}

TEST_F(SmtpMailerTest, TemporaryRefusalsMayBeTriedAgain) {
  script_.rcpt = "450 4.2.1 mailbox busy";
  EXPECT_TRUE(absl::IsUnavailable(Send()));
  script_ = MailScript();
  script_.data_end = "451 4.3.0 later";
  EXPECT_TRUE(absl::IsUnavailable(Send()));
  script_ = MailScript();
  script_.greeting = "421 too busy";
  EXPECT_TRUE(absl::IsUnavailable(Send()));
}

TEST_F(SmtpMailerTest, AServerThatRefusesUsHasSaidNothingOfTheEmail) {
  script_.greeting = "554 no SMTP service here";
  absl::Status status = Send();
  EXPECT_TRUE(absl::IsUnavailable(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("554"));
  script_ = MailScript();
  script_.hello = "550 I do not know you";
  status = Send();
  EXPECT_TRUE(absl::IsUnavailable(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("I do not know you"));
}

TEST_F(SmtpMailerTest, WithoutAServerItMayBeTriedAgain) {
  int port;
  {
    port = LoopbackServer([](Connection&) {}).port();
  }
  options_.url = absl::StrCat("smtp://127.0.0.1:", port);
  const absl::Status status =
      SmtpMailer(options_, [] { return absl::UnixEpoch(); }).Send({"a@b", "s", "t", "k"});
  EXPECT_TRUE(absl::IsUnavailable(status)) << status;
}

TEST_F(SmtpMailerTest, RefusedCredentialsAreNotTheEmailsFault) {
  options_.user = "air";
  options_.password = "wrong";
  script_.offers_auth = true;
  script_.auth = "535 5.7.8 no";
  EXPECT_TRUE(absl::IsUnavailable(Send()));
  script_.auth = "235 ok";
  EXPECT_TRUE(Send().ok());
}

TEST_F(SmtpMailerTest, RequiredTlsIsNotGivenUp) {
  options_.tls = SmtpOptions::Tls::kRequired;
  EXPECT_TRUE(absl::IsUnavailable(Send()));
  EXPECT_EQ(script_.message, "");
}

TEST_F(SmtpMailerTest, ABadAddressIsRefusedWithoutAskingAnybody) {
  EXPECT_TRUE(absl::IsInvalidArgument(Send({"a@b>\r\nRCPT TO:<c@d", "s", "t", "k"})));
  EXPECT_TRUE(script_.commands.empty());
}

// One HTTP request, answered with the status line given.
struct GatewayScript {
  std::string status = "200 OK";
  std::vector<std::string> headers;
  std::string body;
};

void TalkHttp(Connection& peer, GatewayScript& script) {
  size_t length = 0;
  for (std::string line = peer.ReadLine(); !line.empty(); line = peer.ReadLine()) {
    script.headers.push_back(line);
    if (absl::StartsWith(line, "Content-Length: ") && !absl::SimpleAtoi(line.substr(16), &length)) {
      return;
    }
  }
  script.body = peer.ReadBytes(length);
  peer.WriteLine("HTTP/1.1 " + script.status);
  peer.WriteLine("Content-Length: 4");
  peer.WriteLine("Connection: close");
  peer.WriteLine("");
  peer.WriteLine("no");
}

class SmsGatewayTest : public ::testing::Test {
 protected:
  absl::Status Send(const std::string& status = "200 OK") {
    script_ = GatewayScript();
    script_.status = status;
    LoopbackServer server([this](Connection& peer) { TalkHttp(peer, script_); });
    SmsOptions options;
    options.url = absl::StrCat("http://127.0.0.1:", server.port(), "/messages");
    options.authorization = "Bearer t";
    options.timeout = absl::Seconds(10);
    return SmsGateway(options).Send({"+4420", "", "Zürich \"now\"", "key"});
  }
  GatewayScript script_;
};

TEST_F(SmsGatewayTest, PostsTheMessageWithItsKey) {
  const absl::Status status = Send();
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_THAT(script_.headers, ::testing::Contains("POST /messages HTTP/1.1"));
  EXPECT_THAT(script_.headers, ::testing::Contains("Idempotency-Key: key"));
  EXPECT_THAT(script_.headers, ::testing::Contains("Authorization: Bearer t"));
  EXPECT_EQ(script_.body, R"({"text":"Zürich \"now\"","to":"+4420"})");
}

TEST_F(SmsGatewayTest, TellsRefusalsForGoodFromThosePassing) {
  EXPECT_TRUE(Send("201 Created").ok());
  EXPECT_TRUE(absl::IsInvalidArgument(Send("400 Bad Request")));
  EXPECT_TRUE(absl::IsInvalidArgument(Send("422 Unprocessable")));
  EXPECT_TRUE(absl::IsUnavailable(Send("401 Unauthorized")));
  EXPECT_TRUE(absl::IsUnavailable(Send("429 Too Many")));
  EXPECT_TRUE(absl::IsUnavailable(Send("503 Unavailable")));
}

TEST_F(SmsGatewayTest, WithoutAGatewayItMayBeTriedAgain) {
  int port;
  {
    port = LoopbackServer([](Connection&) {}).port();
  }
  SmsOptions options;
  options.url = absl::StrCat("http://127.0.0.1:", port);
  EXPECT_TRUE(absl::IsUnavailable(SmsGateway(options).Send({"1", "", "t", "k"})));
}

}  // namespace
}  // namespace pavane::notification
