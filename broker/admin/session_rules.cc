#include "admin/session_rules.h"

#include <algorithm>
#include <limits>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"

#include "admin/rule_plan.h"
#include "admin/rule_sets.h"
#include "base/log.h"
#include "base/status_macros.h"
#include "event/reason.h"

namespace pavane::admin {
namespace {

constexpr absl::Duration kLinger = absl::Seconds(30);
constexpr size_t kAll = std::numeric_limits<size_t>::max();
// Start puts the rules of all former sessions under this token, which no session can have.
constexpr char kBeforeStart[] = "";

absl::Status CheckLifetimes(const std::vector<pavane::v1::ServiceRule>& rules) {
  for (const pavane::v1::ServiceRule& rule : rules) {
    if (rule.lifetime() == pavane::v1::ServiceRule::EPHEMERAL) continue;
    return event::Invalid(
        pavane::v1::INVALID_POLICY,
        absl::StrCat("session rule '", rule.name(), "' must have the lifetime EPHEMERAL"));
  }
  return absl::OkStatus();
}

}  // namespace

void SessionRules::Start() {
  Session former;
  const auto catalog = editor_.rules().snapshot()->catalog_ptr();
  for (const store::BusEntryPtr& bus : catalog->Buses()) {
    for (const store::RuleEntryPtr& rule : catalog->Rules(bus->id, "", kAll)) {
      if (rule->rule.ephemeral()) former.rules.push_back(rule->id);
    }
  }
  former.delete_at = clock_.MonotonicNow() + kLinger;
  MutexLock lock(mu_);
  if (!former.rules.empty()) sessions_[kBeforeStart] = std::move(former);
}

std::string SessionRules::Enter(const Token& token, const Token& resumed,
                                const std::string& session_name) {
  MutexLock lock(mu_);
  Session session;
  session.key = session_name;
  if (const auto before = sessions_.find(resumed); !resumed.empty() && before != sessions_.end()) {
    session = std::move(before->second);
    session.delete_at.reset();
    sessions_.erase(before);
  }
  std::string key = session.key;
  sessions_[token] = std::move(session);
  return key;
}

void SessionRules::Open(const std::string& service, const Token& token, const Token& resumed,
                        const std::string& session_name,
                        const std::vector<pavane::v1::ServiceRule>& rules, Callback callback) {
  ingress::ParsedPatterns patterns;
  absl::Status status = CheckLifetimes(rules);
  if (status.ok()) status = CheckServiceRules(editor_, service, rules, &patterns);
  if (!status.ok()) return callback(status);
  const std::string key = Enter(token, resumed, session_name);
  if (rules.empty()) return callback(absl::OkStatus());
  auto made = std::make_shared<std::vector<RuleId>>();
  editor_.Submit(
      std::move(patterns),
      [service, key, rules, made](CatalogEdit& edit) -> absl::Status {
        PutOptions options;
        options.owner_service = service;
        options.ephemeral = true;
        for (const pavane::v1::ServiceRule& rule : rules) {
          pavane::admin::v1::Rule put =
              ToRule(service, absl::StrCat(service, "/", key, "/", rule.name()), rule);
          put.mutable_targets(0)->mutable_dead_letter_policy()->set_disabled(true);
          put.mutable_targets(0)->clear_start_position();
          ASSIGN_OR_RETURN(const PutOutcome outcome, PlanPutRule(edit, put, options));
          made->push_back(outcome.id);
        }
        return absl::OkStatus();
      },
      [this, token, made, callback = std::move(callback)](const absl::Status& done, uint64_t) {
        if (done.ok()) {
          MutexLock lock(mu_);
          const auto session = sessions_.find(token);
          // A session that ended meanwhile and was swept cannot be: it lingers longer than a
          // commit.
          if (session != sessions_.end()) {
            session->second.rules.insert(session->second.rules.end(), made->begin(), made->end());
          }
        }
        callback(done);
      });
}

void SessionRules::Close(const Token& token) {
  MutexLock lock(mu_);
  const auto session = sessions_.find(token);
  if (session != sessions_.end()) session->second.delete_at = clock_.MonotonicNow() + kLinger;
}

void SessionRules::Sweep() {
  const MonotonicTime now = clock_.MonotonicNow();
  std::vector<RuleId> due;
  {
    MutexLock lock(mu_);
    for (auto it = sessions_.begin(); it != sessions_.end();) {
      const auto session = it++;
      if (!session->second.delete_at || *session->second.delete_at > now) continue;
      due.insert(due.end(), session->second.rules.begin(), session->second.rules.end());
      sessions_.erase(session);
    }
  }
  if (!due.empty()) Delete(std::move(due));
}

void SessionRules::Delete(std::vector<RuleId> rules) {
  // A session that resumed has put the same rules again.
  std::sort(rules.begin(), rules.end());
  rules.erase(std::unique(rules.begin(), rules.end()), rules.end());
  editor_.Submit(
      {},
      [rules](CatalogEdit& edit) -> absl::Status {
        for (const RuleId id : rules) {
          const store::RuleEntryPtr rule = edit.catalog().FindRule(id);
          if (rule == nullptr || !rule->rule.ephemeral()) continue;
          RETURN_IF_ERROR(PlanDeleteRule(edit, *rule, true));
        }
        return absl::OkStatus();
      },
      [this, rules](const absl::Status& status, uint64_t) {
        if (status.ok()) return;
        LOG_WARNING("rules of ended sessions not deleted yet", {{"error", status}});
        MutexLock lock(mu_);
        Session& again = sessions_[kBeforeStart];
        again.rules.insert(again.rules.end(), rules.begin(), rules.end());
        again.delete_at = clock_.MonotonicNow() + kLinger;
      });
}

}  // namespace pavane::admin
