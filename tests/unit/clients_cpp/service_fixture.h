#ifndef PAVANE_TESTS_UNIT_CLIENTS_CPP_SERVICE_FIXTURE_H_
#define PAVANE_TESTS_UNIT_CLIENTS_CPP_SERVICE_FIXTURE_H_

#include <chrono>
#include <string>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pavane/service.h"
#include "tests/unit/clients_cpp/fake_broker.h"
#include "tests/unit/clients_cpp/fake_session.h"
#include "tests/unit/clients_cpp/mailbox.h"
#include "tests/unit/clients_cpp/manual_clock.h"

namespace pavane::testing {

// A broker that the test plays and options for a service named `seat` that talks to it.
class ServiceFixture : public ::testing::Test {
 protected:
  // Without a drain, so that a test need not play the broker's part in one.
  ServiceOptions Options() {
    ServiceOptions options;
    options.address = broker_.address();
    options.name = "seat";
    options.instance = "one";
    options.concurrency = 2;
    options.credits = 4;
    options.backoff_initial = std::chrono::milliseconds(1);
    options.backoff_max = std::chrono::milliseconds(10);
    options.drain_timeout = std::chrono::milliseconds(0);
    options.handle_signals = false;
    options.logger = [this](LogLevel level, std::string_view line) {
      if (level >= LogLevel::kWarning) warnings_.Put(std::string(line));
    };
    return options;
  }

  ServiceOptions DrainingOptions() {
    ServiceOptions options = Options();
    options.drain_timeout = kBound;
    return options;
  }

  // Whether a warning with this text was or will be written.
  bool Warned(const std::string& text) {
    while (const std::optional<std::string> line = warnings_.Take()) {
      if (line->find(text) != std::string::npos) return true;
    }
    return false;
  }

  FakeBroker broker_;
  Mailbox<std::string> warnings_;
};

// Plays the end of a stream that is drained: answers nothing more, closes when the client has.
inline void CloseDrained(FakeSession& session) {
  EXPECT_TRUE(session.TakeDrain());
  EXPECT_TRUE(session.WaitHalfClosed());
  session.Close(grpc::Status::OK);
}

}  // namespace pavane::testing

#endif  // PAVANE_TESTS_UNIT_CLIENTS_CPP_SERVICE_FIXTURE_H_
