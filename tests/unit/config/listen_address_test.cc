#include "config/listen_address.h"

#include <gtest/gtest.h>

#include "tests/support/status_matchers.h"

namespace pavane::config {
namespace {

using ::pavane::testing::IsOk;
using ::testing::Not;

TEST(ListenAddress, ReadsHostPortAndUnixPath) {
  ASSERT_OK_AND_ASSIGN(ListenAddress v4, ParseListenAddress("127.0.0.1:7440"));
  EXPECT_EQ(v4.host, "127.0.0.1");
  EXPECT_EQ(v4.port, 7440);
  ASSERT_OK_AND_ASSIGN(ListenAddress v6, ParseListenAddress("[::1]:0"));
  EXPECT_EQ(v6.host, "::1");
  EXPECT_EQ(v6.ToString(), "[::1]:0");
  ASSERT_OK_AND_ASSIGN(ListenAddress unix_socket, ParseListenAddress("unix:/run/p.sock"));
  EXPECT_EQ(unix_socket.unix_path, "/run/p.sock");
  EXPECT_EQ(unix_socket.ToString(), "unix:/run/p.sock");
}

TEST(ListenAddress, RefusesWhatIsNone) {
  for (const char* text :
       {"", "7440", ":7440", "localhost", "localhost:", "localhost:x", "localhost:65536",
        "::1:7440", "[::1]", "unix:", "a b:1", "http://x:1"}) {
    EXPECT_THAT(ParseListenAddress(text), Not(IsOk())) << text;
  }
}

TEST(ListenAddress, KnowsWhatOtherMachinesCannotReach) {
  for (const char* text : {"127.0.0.1:1", "127.9.9.9:1", "localhost:1", "[::1]:1", "unix:x"}) {
    EXPECT_TRUE(ParseListenAddress(text)->is_loopback()) << text;
  }
  for (const char* text : {"0.0.0.0:1", "10.0.0.1:1", "[::]:1", "broker.example:1", "*:1"}) {
    EXPECT_FALSE(ParseListenAddress(text)->is_loopback()) << text;
  }
}

}  // namespace
}  // namespace pavane::config
