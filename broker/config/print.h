// The configuration and its keys as text for people.
#ifndef PAVANE_CONFIG_PRINT_H_
#define PAVANE_CONFIG_PRINT_H_

#include <map>
#include <string>

#include "config/config.h"

namespace pavane::config {

// A YAML file that gives the same configuration; values that are not defaults have a comment with
// their origin.
std::string PrintYaml(const Config& config, const std::map<std::string, std::string>& origins);

// The tables of docs/configuration.md, one per section; a test holds the two together.
std::string MarkdownTables();

}  // namespace pavane::config

#endif  // PAVANE_CONFIG_PRINT_H_
