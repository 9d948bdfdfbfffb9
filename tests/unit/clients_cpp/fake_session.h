#ifndef PAVANE_TESTS_UNIT_CLIENTS_CPP_FAKE_SESSION_H_
#define PAVANE_TESTS_UNIT_CLIENTS_CPP_FAKE_SESSION_H_

#include <chrono>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "tests/unit/clients_cpp/fake_broker.h"

namespace pavane::testing {

// One Subscribe stream, sorted: credits are summed, pings answered, and the test takes what it asks
// for. One thread only.
class FakeSession {
 public:
  // Takes the broker's next stream and its opening.
  explicit FakeSession(FakeBroker& broker);

  // What the client opened with; empty if it did not.
  const pavane::v1::SubscribeRequest::Open& open() const { return open_; }

  void SendOpened(const std::string& resume_token, const std::vector<std::string>& resumed = {});
  // An event of `type`, as the rule `RULE` matched it. Event and delivery have the id `id`.
  void Deliver(const std::string& id, const std::string& type, const std::string& rule = "",
               std::chrono::system_clock::time_point lease_ends = {});
  void Send(pavane::v1::SubscribeResponse response) { stream_->Send(std::move(response)); }
  void Accept(const pavane::v1::Settlement& settlement);
  void Refuse(const std::string& delivery_id, pavane::v1::Reason reason,
              std::optional<int> retry_after_ms = {});
  void LoseLease(const std::string& delivery_id);
  void Break() { stream_->Break(); }
  // Ends the stream with an error of the whole call.
  void Refuse(const pavane::v1::Error& error) { stream_->Refuse(error); }
  void Close(grpc::Status status) { stream_->Close(std::move(status)); }

  // The next of its kind; nothing if the client closed or none came.
  std::optional<pavane::v1::Settlement> TakeSettlement();
  std::optional<pavane::v1::ExtendItem> TakeExtend();
  std::optional<uint64_t> TakePong();
  // False if the client closed or none came.
  bool TakeDrain();
  bool TakePing();
  // Waits until the client has given this many credits in all.
  bool TakeCredits(uint64_t total);
  bool WaitHalfClosed();

 private:
  // Reads one more message. False: there is none.
  bool Read();
  template <class T>
  std::optional<T> TakeFrom(std::deque<T>& queue);

  FakeSubscription::Ptr stream_;
  pavane::v1::SubscribeRequest::Open open_;
  uint64_t credits_ = 0;
  bool drained_ = false;
  int pings_ = 0;
  std::deque<pavane::v1::Settlement> settlements_;
  std::deque<pavane::v1::ExtendItem> extends_;
  std::deque<uint64_t> pongs_;
};

}  // namespace pavane::testing

#endif  // PAVANE_TESTS_UNIT_CLIENTS_CPP_FAKE_SESSION_H_
