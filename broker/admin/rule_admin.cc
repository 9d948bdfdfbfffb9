#include "admin/rule_admin.h"

#include <algorithm>
#include <limits>
#include <memory>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

#include "admin/page_token.h"
#include "admin/rule_plan.h"
#include "admin/unknown_fields.h"
#include "base/status_macros.h"
#include "event/reason.h"

namespace pavane::admin {
namespace {

using pavane::admin::v1::DeleteRuleResponse;
using pavane::admin::v1::ListRulesRequest;
using pavane::admin::v1::ListRulesResponse;
using pavane::admin::v1::PutRuleResponse;
using pavane::admin::v1::PutRulesResponse;
using pavane::admin::v1::Rule;

constexpr int kRulesPerCallMax = 1000;
// Rules that one List call looks at.
constexpr size_t kRulesLookedAtMax = 20'000;

// After a pin was released, the service's next rule set shall apply even with its old version.
void PlanRuleSetAgain(CatalogEdit& edit, absl::string_view service) {
  const store::RuleSetEntryPtr rule_set = edit.catalog().FindRuleSet(service);
  if (rule_set == nullptr || rule_set->version == 0) return;
  store::RuleSetEntry lowered = *rule_set;
  --lowered.version;
  lowered.content_hash = 0;
  edit.PutRuleSet(lowered);
}

absl::Status PlanPut(CatalogEdit& edit, const pavane::admin::v1::PutRuleRequest& request,
                     PutOutcome* outcome) {
  PutOptions options;
  options.discard = request.discard();
  options.release_pin = request.release_pin();
  ASSIGN_OR_RETURN(*outcome, PlanPutRule(edit, request.rule(), options));
  if (request.release_pin() && !outcome->created) {
    PlanRuleSetAgain(edit, edit.catalog().FindRule(outcome->id)->rule.owner_service());
  }
  return absl::OkStatus();
}

bool Wanted(const Rule& rule, const ListRulesRequest& request) {
  if (!absl::StartsWith(rule.name(), request.name_prefix())) return false;
  if (request.target_address().empty()) return true;
  return std::any_of(rule.targets().begin(), rule.targets().end(), [&](const auto& target) {
    return target.address() == request.target_address();
  });
}

}  // namespace

absl::Status RuleAdmin::Check(const Rule& rule, ingress::ParsedPatterns* patterns) const {
  RETURN_IF_ERROR(CheckRule(rule));
  auto pattern = editor_.ParsePattern(rule.pattern());
  if (!pattern.ok()) {
    return Annotate(pattern.status(), absl::StrCat("rule '", rule.name(), "'"));
  }
  (*patterns)[rule.pattern()] = *std::move(pattern);
  return absl::OkStatus();
}

void RuleAdmin::Put(const pavane::admin::v1::PutRuleRequest& request,
                    Callback<PutRuleResponse> callback) {
  if (absl::Status unknown = RefuseUnknownFields(request); !unknown.ok()) return callback(unknown);
  ingress::ParsedPatterns patterns;
  if (absl::Status status = Check(request.rule(), &patterns); !status.ok()) {
    return callback(status);
  }
  auto outcome = std::make_shared<PutOutcome>();
  editor_.Submit(
      std::move(patterns),
      [request, outcome](CatalogEdit& edit) { return PlanPut(edit, request, outcome.get()); },
      [this, outcome, callback = std::move(callback)](const absl::Status& status,
                                                      uint64_t discarded) {
        if (!status.ok()) return callback(status);
        PutRuleResponse response;
        response.set_created(outcome->created);
        response.set_discarded_deliveries(discarded);
        const auto rule = editor_.rules().snapshot()->catalog().FindRule(outcome->id);
        if (rule != nullptr) *response.mutable_rule() = rule->rule;
        callback(std::move(response));
      });
}

void RuleAdmin::PutMany(const pavane::admin::v1::PutRulesRequest& request,
                        Callback<PutRulesResponse> callback) {
  if (request.rules_size() > kRulesPerCallMax) {
    return callback(event::Invalid(
        pavane::v1::BATCH_TOO_LARGE,
        absl::StrCat("the call has ", request.rules_size(), " rules; at most ", kRulesPerCallMax)));
  }
  if (absl::Status unknown = RefuseUnknownFields(request); !unknown.ok()) return callback(unknown);
  ingress::ParsedPatterns patterns;
  absl::flat_hash_set<std::pair<std::string, std::string>> names;
  for (const Rule& rule : request.rules()) {
    if (absl::Status status = Check(rule, &patterns); !status.ok()) return callback(status);
    const std::string bus(ingress::BusNameOrDefault(rule.bus()));
    if (!names.emplace(bus, rule.name()).second) {
      return callback(
          event::Invalid(pavane::v1::INVALID_NAME,
                         absl::StrCat("the call has two rules '", rule.name(), "' on one bus")));
    }
  }
  auto response = std::make_shared<PutRulesResponse>();
  editor_.Submit(
      std::move(patterns),
      [request, response](CatalogEdit& edit) -> absl::Status {
        PutOptions options;
        options.discard = request.discard();
        for (const Rule& rule : request.rules()) {
          ASSIGN_OR_RETURN(const PutOutcome outcome, PlanPutRule(edit, rule, options));
          if (outcome.created) {
            response->set_created(response->created() + 1);
          } else {
            response->set_updated(response->updated() + 1);
          }
        }
        return absl::OkStatus();
      },
      [response, callback = std::move(callback)](const absl::Status& status, uint64_t) {
        if (!status.ok()) return callback(status);
        callback(*response);
      });
}

void RuleAdmin::Delete(const pavane::admin::v1::DeleteRuleRequest& request,
                       Callback<DeleteRuleResponse> callback) {
  editor_.Submit(
      {},
      [request](CatalogEdit& edit) -> absl::Status {
        ASSIGN_OR_RETURN(const auto rule, FindRule(edit.catalog(), request.bus(), request.name()));
        return PlanDeleteRule(edit, *rule, request.discard());
      },
      [callback = std::move(callback)](const absl::Status& status, uint64_t discarded) {
        if (!status.ok()) return callback(status);
        DeleteRuleResponse response;
        response.set_discarded_deliveries(discarded);
        callback(std::move(response));
      });
}

void RuleAdmin::SetState(const std::string& bus, const std::string& rule, Rule::State state,
                         std::function<void(const absl::Status&)> callback) {
  editor_.Submit(
      {},
      [bus, rule, state](CatalogEdit& edit) -> absl::Status {
        ASSIGN_OR_RETURN(const auto found, FindRule(edit.catalog(), bus, rule));
        PlanSetState(edit, *found, state, true);
        return absl::OkStatus();
      },
      [callback = std::move(callback)](const absl::Status& status, uint64_t) { callback(status); });
}

void RuleAdmin::SetPaused(const std::string& bus, const std::string& rule,
                          const std::string& target, bool paused,
                          std::function<void(const absl::Status&)> callback) {
  editor_.Submit(
      {},
      [bus, rule, target, paused](CatalogEdit& edit) -> absl::Status {
        ASSIGN_OR_RETURN(const auto found, FindRule(edit.catalog(), bus, rule));
        return PlanSetPaused(edit, *found, target, paused);
      },
      [callback = std::move(callback)](const absl::Status& status, uint64_t) { callback(status); });
}

absl::StatusOr<pavane::admin::v1::GetRuleResponse> RuleAdmin::Get(
    const pavane::admin::v1::GetRuleRequest& request) const {
  ASSIGN_OR_RETURN(const auto rule,
                   FindRule(editor_.rules().snapshot()->catalog(), request.bus(), request.name()));
  pavane::admin::v1::GetRuleResponse response;
  *response.mutable_rule() = rule->rule;
  return response;
}

absl::StatusOr<ListRulesResponse> RuleAdmin::List(const ListRulesRequest& request) const {
  ASSIGN_OR_RETURN(const size_t page_size, PageSize(request.page_size()));
  ASSIGN_OR_RETURN(const auto token, DecodePageToken(request.page_token(), 2));
  const auto catalog = editor_.rules().snapshot()->catalog_ptr();
  if (!request.bus().empty() && catalog->FindBus(request.bus()) == nullptr) {
    return ingress::UnknownBus(request.bus());
  }
  ListRulesResponse response;
  size_t looked_at = 0;
  for (const store::BusEntryPtr& bus : catalog->Buses()) {
    const std::string& name = bus->bus.name();
    if (!request.bus().empty() && name != request.bus()) continue;
    if (!token.empty() && name < token[0]) continue;
    std::string from = request.name_prefix();
    if (!token.empty() && name == token[0]) from = std::max(from, token[1]);
    for (const store::RuleEntryPtr& rule :
         catalog->Rules(bus->id, from, kRulesLookedAtMax - looked_at + 1)) {
      if (size_t(response.rules_size()) == page_size || ++looked_at > kRulesLookedAtMax) {
        response.set_next_page_token(EncodePageToken({name, rule->rule.name()}));
        return response;
      }
      if (Wanted(rule->rule, request)) *response.add_rules() = rule->rule;
    }
  }
  return response;
}

}  // namespace pavane::admin
