// Why an event matches a pattern or not, for people.
#ifndef PAVANE_CLIENTS_CLI_EXPLANATION_H_
#define PAVANE_CLIENTS_CLI_EXPLANATION_H_

#include <string>

#include "absl/status/statusor.h"

#include "clients/cli/context.h"
#include "clients/cli/json_value.h"
#include "pavane/admin/v1/rule.pb.h"

namespace pavane::cli {

// Prints the pattern's tree, a line for each part: `ok` or `FAIL`, path, test, the values seen, the
// nearest miss. Every line begins with `indent`.
void PrintTree(const Context& context, const pavane::admin::v1::ExplainNode& root,
               const std::string& indent);

// What the rule was when the event was accepted, and what it is now. Empty without a rule.
std::string HistoryText(const Context& context,
                        const pavane::admin::v1::ExplainMatchResponse& response);

// Puts an event that a person gave into the request: a CloudEvent, with what `publish` would fill
// in, or an event as rules see it.
absl::Status SetEvent(const JsonValue& event, pavane::admin::v1::ExplainMatchRequest* request);

}  // namespace pavane::cli

#endif  // PAVANE_CLIENTS_CLI_EXPLANATION_H_
