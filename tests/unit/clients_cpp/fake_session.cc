#include "tests/unit/clients_cpp/fake_session.h"

#include <google/protobuf/util/time_util.h>
#include <gtest/gtest.h>

namespace pavane::testing {

using google::protobuf::util::TimeUtil;
using pavane::v1::SubscribeRequest;
using pavane::v1::SubscribeResponse;

FakeSession::FakeSession(FakeBroker& broker) : stream_(broker.TakeSubscription()) {
  if (stream_ == nullptr) {
    ADD_FAILURE() << "the client opened no stream";
    return;
  }
  const std::optional<SubscribeRequest> first = stream_->Take();
  if (!first || !first->has_open()) {
    ADD_FAILURE() << "the stream's first message is not open";
    return;
  }
  open_ = first->open();
  credits_ = open_.credit().messages();
}

void FakeSession::SendOpened(const std::string& resume_token,
                             const std::vector<std::string>& resumed) {
  SubscribeResponse response;
  auto& opened = *response.mutable_opened();
  opened.set_session_id("session");
  opened.set_resume_token(resume_token);
  for (const std::string& id : resumed) opened.add_resumed_delivery_ids(id);
  Send(std::move(response));
}

void FakeSession::Deliver(const std::string& id, const std::string& type, const std::string& rule,
                          std::chrono::system_clock::time_point lease_ends) {
  SubscribeResponse response;
  auto& delivery = *response.mutable_deliveries()->add_deliveries();
  delivery.set_delivery_id(id);
  delivery.mutable_event()->set_id(id);
  delivery.mutable_event()->set_type(type);
  delivery.set_bus("default");
  delivery.set_rule(rule);
  delivery.set_attempt(1);
  if (lease_ends == std::chrono::system_clock::time_point()) {
    lease_ends = std::chrono::system_clock::now() + std::chrono::seconds(30);
  }
  *delivery.mutable_lease_expires_at() = TimeUtil::MicrosecondsToTimestamp(
      std::chrono::duration_cast<std::chrono::microseconds>(lease_ends.time_since_epoch()).count());
  Send(std::move(response));
}

void FakeSession::Accept(const pavane::v1::Settlement& settlement) {
  SubscribeResponse response;
  response.mutable_settle_results()->add_results()->set_delivery_id(settlement.delivery_id());
  Send(std::move(response));
}

void FakeSession::Refuse(const std::string& delivery_id, pavane::v1::Reason reason,
                         std::optional<int> retry_after_ms) {
  SubscribeResponse response;
  auto& result = *response.mutable_settle_results()->add_results();
  result.set_delivery_id(delivery_id);
  result.mutable_error()->set_code(9);
  result.mutable_error()->set_reason(reason);
  result.mutable_error()->set_message("refused by the test");
  if (retry_after_ms) {
    *result.mutable_error()->mutable_retry_after() =
        TimeUtil::MillisecondsToDuration(*retry_after_ms);
  }
  Send(std::move(response));
}

void FakeSession::LoseLease(const std::string& delivery_id) {
  SubscribeResponse response;
  response.mutable_leases_lost()->add_delivery_ids(delivery_id);
  Send(std::move(response));
}

bool FakeSession::Read() {
  if (stream_ == nullptr) return false;
  const std::optional<SubscribeRequest> request = stream_->Take();
  if (!request) return false;
  switch (request->message_case()) {
    case SubscribeRequest::kCredit:
      credits_ += request->credit().messages();
      break;
    case SubscribeRequest::kSettle:
      for (const auto& settlement : request->settle().settlements()) {
        settlements_.push_back(settlement);
      }
      break;
    case SubscribeRequest::kExtend:
      for (const auto& item : request->extend().items()) extends_.push_back(item);
      break;
    case SubscribeRequest::kDrain:
      drained_ = true;
      break;
    case SubscribeRequest::kPing: {
      ++pings_;
      SubscribeResponse response;
      response.mutable_pong()->set_nonce(request->ping().nonce());
      Send(std::move(response));
      break;
    }
    case SubscribeRequest::kPong:
      pongs_.push_back(request->pong().nonce());
      break;
    case SubscribeRequest::kOpen:
    case SubscribeRequest::MESSAGE_NOT_SET:
      ADD_FAILURE() << "not expected here: " << request->ShortDebugString();
  }
  return true;
}

template <class T>
std::optional<T> FakeSession::TakeFrom(std::deque<T>& queue) {
  while (queue.empty()) {
    if (!Read()) return std::nullopt;
  }
  T value = std::move(queue.front());
  queue.pop_front();
  return value;
}

std::optional<pavane::v1::Settlement> FakeSession::TakeSettlement() {
  return TakeFrom(settlements_);
}

std::optional<pavane::v1::ExtendItem> FakeSession::TakeExtend() { return TakeFrom(extends_); }

std::optional<uint64_t> FakeSession::TakePong() { return TakeFrom(pongs_); }

bool FakeSession::TakeDrain() {
  while (!drained_) {
    if (!Read()) return false;
  }
  return true;
}

bool FakeSession::TakePing() {
  while (pings_ == 0) {
    if (!Read()) return false;
  }
  --pings_;
  return true;
}

bool FakeSession::TakeCredits(uint64_t total) {
  while (credits_ < total) {
    if (!Read()) return false;
  }
  return credits_ == total;
}

bool FakeSession::WaitHalfClosed() {
  while (Read()) {
  }
  return stream_ != nullptr && stream_->WaitHalfClosed();
}

}  // namespace pavane::testing
