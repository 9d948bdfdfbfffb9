// Names that only a broker knows, for completion.
#ifndef PAVANE_CLIENTS_CLI_BROKER_NAMES_H_
#define PAVANE_CLIENTS_CLI_BROKER_NAMES_H_

#include <string>
#include <vector>

#include "clients/cli/connection.h"

namespace pavane::cli {

// What kind of name it is says the value's name in the command line: "BUS", "RULE" (of `bus`, or of
// all if that is empty), "SERVICE", "BUS/RULE/TARGET". Other kinds have no names here. At most a
// thousand, those that begin with `typed`; none when the broker does not answer.
std::vector<std::string> BrokerNames(const Connection& broker, const std::string& kind,
                                     const std::string& bus, const std::string& typed);

}  // namespace pavane::cli

#endif  // PAVANE_CLIENTS_CLI_BROKER_NAMES_H_
