#ifndef PAVANE_CLIENTS_CPP_SRC_HANDLER_TABLE_H_
#define PAVANE_CLIENTS_CPP_SRC_HANDLER_TABLE_H_

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pavane/service.h"
#include "pavane/v1/rules.pb.h"

namespace pavane {
inline namespace client {
namespace internal {

// What On and OnAny declared: which rules the service brings and which handler a delivery goes to.
// Filled before Start, constant afterwards and then read by all threads.
class HandlerTable {
 public:
  // `type` empty: OnAny with a rule.
  void Add(std::string_view type, RuleOptions rule, Handler handler);
  void AddAny(Handler handler);

  // The first mistake of the declarations, or ok. Completes the table for this service.
  Error Seal(const std::string& service);

  // Null if none. By rule, else by type, else OnAny's.
  const Handler* Find(const Delivery& delivery) const;
  // The lease that the service's own rule asks for.
  std::optional<std::chrono::milliseconds> Lease(std::string_view rule) const;

  // The durable rules; no rules give no set, so that operators' rules are not touched.
  std::optional<pavane::v1::RuleSet> MakeRuleSet(uint64_t version) const;
  std::vector<pavane::v1::ServiceRule> MakeSessionRules() const;
  // Types handled, for the contract.
  std::vector<std::string> Types() const;

 private:
  struct Entry {
    std::string type;
    RuleOptions rule;
    Handler handler;
  };

  std::vector<Entry> entries_;
  Handler any_;
  // By full rule name and by event type, into entries_.
  std::map<std::string, size_t, std::less<>> by_rule_;
  std::map<std::string, size_t, std::less<>> by_type_;
};

}  // namespace internal
}  // namespace client
}  // namespace pavane

#endif  // PAVANE_CLIENTS_CPP_SRC_HANDLER_TABLE_H_
