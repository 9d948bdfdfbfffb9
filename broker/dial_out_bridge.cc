#include "dial_out_bridge.h"

#include <utility>

#include "base/log.h"

namespace pavane {
namespace {

// A settlement that can never be accepted as it is ends the attempt, with the refusal as its
// reason.
bool IsRefusedForGood(const pavane::v1::SettleResult& result) {
  switch (result.error().reason()) {
    case pavane::v1::INVALID_EMIT:
    case pavane::v1::INVALID_SETTLEMENT:
    case pavane::v1::CAUSE_MISMATCH:
    case pavane::v1::EVENT_TOO_LARGE:
    case pavane::v1::EVENT_TOO_COMPLEX:
      return true;
    default:
      return false;
  }
}

}  // namespace

DialOutBridge::DialOutBridge(delivery::Dispatcher& dispatcher, ingress::Settler& settler,
                             targets::DialOut::Options options)
    : dispatcher_(dispatcher), settler_(settler), dial_out_(*this, std::move(options)) {}

void DialOutBridge::Stop() { dial_out_.Stop(); }

void DialOutBridge::Watch(const std::string& address) { dial_out_.Watch(address); }
void DialOutBridge::Unwatch(const std::string& address) { dial_out_.Unwatch(address); }

void DialOutBridge::OpenSession(const std::string& address,
                                std::shared_ptr<targets::Session> session) {
  auto opening = std::make_shared<Opening>();
  {
    MutexLock lock(mu_);
    sessions_[address] = opening;
  }
  delivery::OpenRequest request;
  request.service = address;
  request.instance = "dial-out";
  request.peer = address;
  request.session = std::move(session);
  dispatcher_.OpenSession(std::move(request),
                          [this, address, opening](delivery::OpenAnswer answer) {
                            Opened(address, opening, answer.id);
                          });
}

void DialOutBridge::Opened(const std::string& address, const std::shared_ptr<Opening>& opening,
                           delivery::SessionId id) {
  MutexLock lock(mu_);
  opening->id = id;
  if (opening->closed) return dispatcher_.CloseSession(id, delivery::CloseKind::kOrderly);
  LOG_DEBUG("dial-out session open for {}", address);
  if (!opening->alias.empty()) dispatcher_.SetAlias(id, opening->alias);
  if (opening->credit > 0) dispatcher_.AddCredit(id, std::exchange(opening->credit, 0), 0);
}

// The lock is never held over a post to the loop: the loop itself takes it in Opened.

void DialOutBridge::AddCredit(const std::string& address, uint32_t messages) {
  delivery::SessionId id;
  {
    MutexLock lock(mu_);
    auto found = sessions_.find(address);
    if (found == sessions_.end()) return;
    id = found->second->id;
    if (!id) found->second->credit += messages;
  }
  if (id) dispatcher_.AddCredit(id, messages, 0);
}

void DialOutBridge::WithdrawCredit(const std::string& address) {
  delivery::SessionId id;
  {
    MutexLock lock(mu_);
    auto found = sessions_.find(address);
    if (found == sessions_.end()) return;
    id = found->second->id;
    found->second->credit = 0;
  }
  if (id) dispatcher_.WithdrawCredit(id);
}

void DialOutBridge::CloseSession(const std::string& address) {
  delivery::SessionId id;
  {
    MutexLock lock(mu_);
    auto found = sessions_.find(address);
    if (found == sessions_.end()) return;
    found->second->closed = true;
    id = found->second->id;
    sessions_.erase(found);
  }
  if (id) dispatcher_.CloseSession(id, delivery::CloseKind::kOrderly);
}

void DialOutBridge::Settle(const std::string& address,
                           std::vector<pavane::v1::Settlement> settlements) {
  ingress::Settler::Settlements list(settlements.begin(), settlements.end());
  settler_.Settle(
      address, std::move(list),
      [this, address](ingress::Settler::Results results) {
        std::vector<pavane::v1::Settlement> instead;
        for (const pavane::v1::SettleResult& result : results) {
          if (!result.has_error()) continue;
          LOG_WARNING(
              "settlement of a dialled service refused",
              {{"address", address}, {"reason", pavane::v1::Reason_Name(result.error().reason())}});
          if (!IsRefusedForGood(result)) continue;
          pavane::v1::Settlement& nack = instead.emplace_back();
          nack.set_delivery_id(result.delivery_id());
          nack.mutable_nack()->set_code(pavane::v1::Reason_Name(result.error().reason()));
          nack.mutable_nack()->set_message(result.error().message());
        }
        if (!instead.empty()) Settle(address, std::move(instead));
      },
      ingress::SettlementOrigin::kDialOut);
}

void DialOutBridge::Described(const std::string& address, const std::string& service,
                              const pavane::v1::Contract&) {
  if (service.empty()) return;
  delivery::SessionId id;
  {
    MutexLock lock(mu_);
    auto found = sessions_.find(address);
    if (found == sessions_.end()) return;
    found->second->alias = service;
    id = found->second->id;
  }
  if (id) dispatcher_.SetAlias(id, service);
}

}  // namespace pavane
