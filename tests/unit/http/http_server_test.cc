#include "http/http_server.h"

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/thread.h"
#include "tests/support/status_matchers.h"
#include "tests/unit/http/http_client.h"

namespace pavane::http {
namespace {

using ::pavane::testing::StatusIs;
using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

std::unique_ptr<HttpServer> StartServer() {
  auto server = HttpServer::Start(
      {}, {{"/hello", [] { return Response{.body = "hello\n"}; }},
           {"/large", [] { return Response{.body = std::string(20'000'000, 'x')}; }}});
  EXPECT_OK(server);
  return *std::move(server);
}

TEST(HttpServer, PortZeroBecomesARealPort) {
  auto server = StartServer();
  EXPECT_NE(server->port(), 0);
  EXPECT_EQ(server->address(), "127.0.0.1:" + std::to_string(server->port()));
}

TEST(HttpServer, AnswersAKnownPath) {
  auto server = StartServer();
  EXPECT_THAT(Request(server->port(), "GET", "/hello?x=1"),
              AllOf(StartsWith("HTTP/1.1 200 OK\r\n"), HasSubstr("Content-Length: 6\r\n"),
                    EndsWith("\r\n\r\nhello\n")));
}

TEST(HttpServer, HeadHasNoBody) {
  auto server = StartServer();
  EXPECT_THAT(Request(server->port(), "HEAD", "/hello"),
              AllOf(HasSubstr("Content-Length: 6\r\n"), EndsWith("\r\n\r\n")));
}

TEST(HttpServer, AnUnknownPathIsAJsonError) {
  auto server = StartServer();
  EXPECT_THAT(
      Request(server->port(), "GET", "/a%22b"),
      AllOf(StartsWith("HTTP/1.1 404 Not Found\r\n"),
            HasSubstr("Content-Type: application/json\r\n"),
            EndsWith("{\"error\":{\"status\":404,\"message\":\"nothing is at /a\\\"b\"}}\n")));
}

TEST(HttpServer, AnotherMethodIsRefused) {
  auto server = StartServer();
  EXPECT_THAT(Request(server->port(), "DELETE", "/hello"),
              AllOf(StartsWith("HTTP/1.1 405 "), HasSubstr("Allow: GET, HEAD\r\n")));
}

TEST(HttpServer, ALargeAnswerComesWhole) {
  auto server = StartServer();
  std::string answer = Request(server->port(), "GET", "/large");
  EXPECT_EQ(answer.size() - answer.find("\r\n\r\n") - 4, 20'000'000u);
}

TEST(HttpServer, GarbageAndTooLongHeadersDoNotStopIt) {
  auto server = StartServer();
  Exchange(server->port(), std::string("\0\xff\xfe nonsense\r\n\r\n", 16));
  std::string long_header = "GET /hello HTTP/1.1\r\nX: " + std::string(40'000, 'x') + "\r\n\r\n";
  EXPECT_THAT(Exchange(server->port(), long_header), Not(HasSubstr("hello\n")));
  EXPECT_THAT(Request(server->port(), "GET", "/hello"), StartsWith("HTTP/1.1 200"));
}

TEST(HttpServer, HalfARequestHoldsItsPlaceOnlyForTheTimeout) {
  HttpServer::Options options;
  options.workers = 2;
  options.request_timeout = absl::Milliseconds(100);
  ASSERT_OK_AND_ASSIGN(
      auto server,
      HttpServer::Start(options, {{"/hello", [] { return Response{.body = "hello\n"}; }}}));
  std::vector<HalfRequest> halves;
  for (int i = 0; i < 6; ++i) halves.emplace_back(server->port(), "GET /hel");
  EXPECT_THAT(Request(server->port(), "GET", "/hello"), EndsWith("hello\n"));
}

TEST(HttpServer, ManyClientsAreAnsweredAtOnce) {
  auto server = StartServer();
  std::vector<std::string> answers(24);
  {
    std::vector<Thread> clients;
    for (std::string& answer : answers) {
      clients.emplace_back(
          "client", [&answer, port = server->port()] { answer = Request(port, "GET", "/hello"); });
    }
  }
  for (const std::string& answer : answers) EXPECT_THAT(answer, EndsWith("hello\n"));
}

TEST(HttpServer, APortInUseIsToldAtStart) {
  auto server = StartServer();
  HttpServer::Options options;
  options.port = server->port();
  EXPECT_THAT(HttpServer::Start(options, {}),
              StatusIs(absl::StatusCode::kUnavailable,
                       HasSubstr(server->address() + ": is another program using the address?")));
}

TEST(HttpServer, AfterStopNobodyAnswers) {
  auto server = StartServer();
  uint16_t port = server->port();
  server->Stop();
  EXPECT_EQ(Request(port, "GET", "/hello"), "");
}

TEST(HttpServer, Ipv6IsRefusedWithTheReason) {
  HttpServer::Options options;
  options.host = "::1";
  EXPECT_THAT(HttpServer::Start(options, {}),
              StatusIs(absl::StatusCode::kUnimplemented, HasSubstr("no IPv6")));
}

TEST(HttpServer, ListensOnLocalhostByName) {
  HttpServer::Options options;
  options.host = "localhost";
  ASSERT_OK_AND_ASSIGN(auto server, HttpServer::Start(options, {}));
  EXPECT_NE(server->port(), 0);
}

}  // namespace
}  // namespace pavane::http
