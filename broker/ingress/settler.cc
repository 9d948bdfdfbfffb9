#include "ingress/settler.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"

#include "base/check.h"
#include "base/failpoint.h"
#include "event/reason.h"

namespace pavane::ingress {

Settler::Settler(const RuleBook& rules, const Gate& gate, delivery::Dispatcher& dispatcher,
                 Emits::Context context, metrics::BrokerMetrics* metrics)
    : rules_(rules),
      gate_(gate),
      dispatcher_(dispatcher),
      context_(std::move(context)),
      metrics_(metrics) {}

void Settler::Answer(const Callback& callback, Results results) const {
  const auto refused =
      std::count_if(results.begin(), results.end(),
                    [](const pavane::v1::SettleResult& result) { return result.has_error(); });
  // Those that are accepted delivery counts, when they are committed.
  if (refused > 0 && metrics_ != nullptr) {
    metrics_->settlements.With({metrics::kSettledRefused}).Add(static_cast<uint64_t>(refused));
  }
  callback(std::move(results));
}

void Settler::Settle(std::string service, Settlements settlements, Callback callback,
                     SettlementOrigin origin) {
  struct Call {
    Results results;
    std::vector<size_t> handed;  // indexes of the settlements that delivery answers
    Callback callback;
  };
  FAILPOINT("ingress.settle_received");
  auto call = std::make_shared<Call>();
  call->callback = std::move(callback);
  call->results.resize(settlements.size());
  std::vector<delivery::SettlementRequest> requests;
  for (int i = 0; i < settlements.size(); ++i) {
    const std::string delivery_id = settlements[i].delivery_id();
    auto request = TranslateSettlement(context_, gate_, origin, std::move(settlements[i]));
    if (request.ok()) {
      requests.push_back(*std::move(request));
      call->handed.push_back(i);
    } else {
      call->results[i].set_delivery_id(delivery_id);
      *call->results[i].mutable_error() = event::ToError(request.status());
    }
  }
  FAILPOINT("ingress.settle_translated");
  if (requests.empty()) {
    Answer(call->callback, std::move(call->results));
    return;
  }
  dispatcher_.Settle(std::move(service), std::move(requests),
                     [this, call](std::vector<delivery::SettlementAnswer> answers) {
                       CHECK_EQ(answers.size(), call->handed.size()) << "one answer each, in order";
                       const RuleSnapshotPtr rules = rules_.snapshot();
                       for (size_t i = 0; i < answers.size(); ++i) {
                         call->results[call->handed[i]] = TranslateAnswer(*rules, answers[i]);
                       }
                       Answer(call->callback, std::move(call->results));
                       FAILPOINT("ingress.settle_answered");
                     });
}

}  // namespace pavane::ingress
