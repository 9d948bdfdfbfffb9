#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "plugins/notification/email_message.h"
#include "plugins/notification/notification_handler.h"
#include "plugins/notification/template_book.h"
#include "plugins/notification/text_template.h"
#include "tests/support/temp_dir.h"
#include "tests/unit/plugins/test_event.h"

namespace pavane::notification {
namespace {

using pavane::testing::MakeEvent;
using pavane::testing::Show;
using ::testing::EndsWith;
using ::testing::HasSubstr;

plugins::Event Ticket(const std::string& id = "e1") {
  return MakeEvent("TicketIssued",
                   {{"ticket_number", "299-1"},
                    {"amount_cents", 45905},
                    {"stops", 2},
                    {"trip", {{"flight", "PV101"}}},
                    {"passenger", pavane::testing::Passenger()}},
                   id);
}

// The filled text, or the error's message.
std::string Fill(const std::string& text) {
  const auto parsed = TextTemplate::Parse(text);
  if (!parsed.ok()) return "parse: " + std::string(parsed.status().message());
  const auto filled = parsed->Fill(Ticket());
  return filled.ok() ? *filled : "fill: " + std::string(filled.status().message());
}

TEST(TextTemplate, FillsFromDataAndAttributes) {
  EXPECT_EQ(Fill("no placeholder"), "no placeholder");
  EXPECT_EQ(Fill("{{ticket_number}}"), "299-1");
  EXPECT_EQ(Fill("a {{ trip.flight }} b {{stops}} c"), "a PV101 b 2 c");
  EXPECT_EQ(Fill("{{event.type}} {{event.id}} {{event.source}}"), "TicketIssued e1 /test");
}

TEST(TextTemplate, FiltersShowMoneyAndStandIn) {
  EXPECT_EQ(Fill("{{amount_cents|money}}"), "459.05");
  EXPECT_EQ(Fill("{{seat | or:at the gate}}"), "at the gate");
  EXPECT_EQ(Fill("{{ticket_number|or:none}}"), "299-1");
}

TEST(TextTemplate, SaysWhatIsMissingOrMalformed) {
  EXPECT_THAT(Fill("{{seat}}"), HasSubstr("fill: the event has nothing to show for {{seat}}"));
  EXPECT_THAT(Fill("{{passenger}}"), HasSubstr("fill: "));
  EXPECT_THAT(Fill("{{ticket_number|money}}"), HasSubstr("fill: "));
  EXPECT_THAT(Fill("{{ticket"), HasSubstr("parse: a placeholder is not closed"));
  EXPECT_THAT(Fill("{{}}"), HasSubstr("parse: an empty placeholder"));
  EXPECT_THAT(Fill("{{a|shout}}"), HasSubstr("parse: unknown filter 'shout'"));
}

constexpr char kBook[] =
    "version: 3\n"
    "templates:\n"
    "  - {name: mail, event: TicketIssued, channel: email, to: '{{passenger.email}}',\n"
    "     subject: 'Ticket {{ticket_number}}', text: 'Fly {{trip.flight}}'}\n"
    "  - {name: sms, event: 'Seat*', pattern: {detail: {code: [CABIN_FULL], n: [1, '1']}},\n"
    "     channel: sms, to: '{{passenger.phone}}', text: 'Sorry'}\n";

TEST(TemplateBook, EachTemplateHasThePatternOfItsRule) {
  const auto book = ParseTemplateBook(kBook);
  ASSERT_TRUE(book.ok()) << book.status();
  EXPECT_EQ(book->version, 3u);
  ASSERT_EQ(book->templates.size(), 2u);
  EXPECT_EQ(book->templates[0].pattern, R"({"detail-type":["TicketIssued"]})");
  EXPECT_EQ(book->templates[0].channel, Channel::kEmail);
  EXPECT_EQ(
      book->templates[1].pattern,
      R"({"detail":{"code":["CABIN_FULL"],"n":[1,"1"]},"detail-type":[{"wildcard":"Seat*"}]})");
  EXPECT_EQ(book->templates[1].channel, Channel::kSms);
}

TEST(TemplateBook, NamesTheTemplateThatIsWrong) {
  const auto message = [](const std::string& yaml) {
    return std::string(ParseTemplateBook(yaml).status().message());
  };
  EXPECT_THAT(message("templates: []"), HasSubstr("no templates"));
  EXPECT_THAT(message("templates: [{name: a}]"), HasSubstr("template 1: 'event' is missing"));
  EXPECT_THAT(message("templates: [{name: a, event: E, channel: pigeon}]"), HasSubstr("pigeon"));
  EXPECT_THAT(message("templates: [{name: a, event: E, channel: sms, to: '{{', text: x}]"),
              HasSubstr("not closed"));
  const std::string one = "{name: a, event: E, channel: sms, to: x, text: x}";
  EXPECT_THAT(message("templates: [" + one + ", " + one + "]"), HasSubstr("template 2: 'a' is"));
  EXPECT_THAT(message("templates: [{name: a, event: E, patern: {source: [x]}}]"),
              HasSubstr("template 1: unknown key 'patern'; there are channel, event, "));
  EXPECT_THAT(message("{version: 1, template: []}"), HasSubstr("unknown key 'template'"));
  EXPECT_THAT(message("templates: [text]"), HasSubstr("template 1: keys and values"));
  EXPECT_NE(message("templates: ["), "");
}

Email MakeEmail(const std::string& subject, const std::string& text) {
  return {"Pavane Air <air@example.org>",
          "ada@example.org",
          subject,
          text,
          "key@example.org",
          absl::UnixEpoch()};
}

TEST(EmailMessage, HasHeadersAndBody) {
  EXPECT_EQ(ToMessage(MakeEmail("Your ticket", "Hello\n")),
            "Date: Thu, 01 Jan 1970 00:00:00 +0000\r\n"
            "From: Pavane Air <air@example.org>\r\n"
            "To: ada@example.org\r\n"
            "Subject: Your ticket\r\n"
            "Message-ID: <key@example.org>\r\n"
            "MIME-Version: 1.0\r\n"
            "Content-Type: text/plain; charset=utf-8\r\n"
            "Content-Transfer-Encoding: quoted-printable\r\n"
            "Auto-Submitted: auto-generated\r\n"
            "\r\n"
            "Hello\r\n");
}

TEST(EmailMessage, AValueCannotAddAHeader) {
  EXPECT_THAT(ToMessage(MakeEmail("x\r\nBcc: eve@example.org", "t")),
              HasSubstr("Subject: x  Bcc: eve@example.org\r\n"));
}

TEST(EmailMessage, EncodesWhatIsNotAscii) {
  EXPECT_THAT(ToMessage(MakeEmail("Zürich", "t")),
              HasSubstr("Subject: =?UTF-8?B?WsO8cmljaA==?=\r\n"));
  EXPECT_THAT(ToMessage(MakeEmail("s", "é = x \nlast")), EndsWith("=C3=A9 =3D x=20\r\nlast\r\n"));
}

TEST(EmailMessage, LongLinesAreFoldedAndCharactersKeptWhole) {
  std::string subject;
  for (int i = 0; i < 60; ++i) subject += "ü";
  const std::string message = ToMessage(MakeEmail(subject, std::string(200, 'x')));
  size_t begin = 0;
  for (size_t end; (end = message.find("\r\n", begin)) != std::string::npos; begin = end + 2) {
    EXPECT_LE(end - begin, 76u + 9u) << message.substr(begin, end - begin);
  }
  // 42 bytes hold 21 characters of two bytes: three words, none of them with half a character.
  EXPECT_THAT(message, HasSubstr("?=\r\n =?UTF-8?B?w7zDvMO8"));
}

TEST(EmailMessage, KnowsAnAddress) {
  EXPECT_TRUE(CheckAddress("ada@example.org").ok());
  for (const char* bad : {"", "ada", "@x", "ada@", "a@b@c", "a b@c", "a@b,c@d", "a@b>\r\nRCPT"}) {
    EXPECT_FALSE(CheckAddress(bad).ok()) << bad;
  }
  EXPECT_EQ(AddressOf("Pavane Air <air@example.org>"), "air@example.org");
  EXPECT_EQ(AddressOf("air@example.org"), "air@example.org");
}

// Remembers what it was asked to send and answers what it is told to.
class FakeSender : public Sender {
 public:
  absl::Status Send(const Message& message) override {
    sent.push_back(message);
    return answer;
  }
  std::vector<Message> sent;
  absl::Status answer;
};

class NotificationHandlerTest : public ::testing::Test {
 protected:
  NotificationHandlerTest() : book_(*ParseTemplateBook(kBook)) { Reopen(); }

  void Reopen() {
    handler_.reset();
    auto mailer = std::make_unique<FakeSender>();
    mailer_ = mailer.get();
    auto handler = NotificationHandler::Open(dir_.File("n.db"), std::move(mailer), nullptr,
                                             [] { return absl::UnixEpoch(); });
    ASSERT_TRUE(handler.ok()) << handler.status();
    handler_ = *std::move(handler);
  }

  plugins::Settlement Mail(const plugins::Event& event) {
    return handler_->Handle(book_.templates[0], event);
  }

  testing::TempDir dir_;
  TemplateBook book_;
  FakeSender* mailer_ = nullptr;  // owned by handler_
  std::unique_ptr<NotificationHandler> handler_;
};

TEST_F(NotificationHandlerTest, SendsTheFilledTemplate) {
  EXPECT_EQ(Show(Mail(Ticket())), "");
  ASSERT_EQ(mailer_->sent.size(), 1u);
  EXPECT_EQ(mailer_->sent[0].to, "ada@example.org");
  EXPECT_EQ(mailer_->sent[0].subject, "Ticket 299-1");
  EXPECT_EQ(mailer_->sent[0].text, "Fly PV101");
}

TEST_F(NotificationHandlerTest, ARepeatSendsNothing) {
  Mail(Ticket());
  Reopen();
  EXPECT_EQ(Show(Mail(Ticket())), "");
  EXPECT_EQ(mailer_->sent.size(), 0u);
}

TEST_F(NotificationHandlerTest, TheKeyIsOfTemplateSourceAndId) {
  const Template& mail = book_.templates[0];
  const Template& sms = book_.templates[1];
  plugins::Event other = Ticket();
  other.source = "/other";
  const std::string key = NotificationHandler::KeyOf(mail, Ticket());
  EXPECT_EQ(key, NotificationHandler::KeyOf(mail, Ticket()));
  EXPECT_EQ(key.size(), 36u);
  EXPECT_EQ(key[14], '5');
  EXPECT_NE(key, NotificationHandler::KeyOf(mail, Ticket("e2")));
  EXPECT_NE(key, NotificationHandler::KeyOf(sms, Ticket()));
  EXPECT_NE(key, NotificationHandler::KeyOf(mail, other));
}

TEST_F(NotificationHandlerTest, ATemporaryFailureIsNackedAndSentLaterUnderTheSameKey) {
  mailer_->answer = absl::UnavailableError("450 busy");
  const auto settlement = Mail(Ticket());
  EXPECT_EQ(Show(settlement), "nack SMTP_UNAVAILABLE");
  EXPECT_EQ(settlement.message, "450 busy");
  mailer_->answer = absl::OkStatus();
  EXPECT_EQ(Show(Mail(Ticket())), "");
  ASSERT_EQ(mailer_->sent.size(), 2u);
  EXPECT_EQ(mailer_->sent[0].key, mailer_->sent[1].key);
}

TEST_F(NotificationHandlerTest, ARefusalForGoodIsRejected) {
  mailer_->answer = absl::InvalidArgumentError("550 no such user");
  EXPECT_EQ(Show(Mail(Ticket())), "reject SMTP_REFUSED");
}

TEST_F(NotificationHandlerTest, AnEventThatDoesNotFillTheTemplateIsRejected) {
  EXPECT_EQ(Show(Mail(MakeEvent("TicketIssued", {}, "e1"))), "reject TEMPLATE_NOT_FILLED");
  EXPECT_EQ(mailer_->sent.size(), 0u);
}

TEST_F(NotificationHandlerTest, AChannelThatIsNotSetUpIsNacked) {
  EXPECT_EQ(Show(handler_->Handle(book_.templates[1], Ticket())), "nack CHANNEL_NOT_SET_UP");
}

}  // namespace
}  // namespace pavane::notification
