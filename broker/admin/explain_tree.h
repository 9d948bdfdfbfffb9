#ifndef PAVANE_ADMIN_EXPLAIN_TREE_H_
#define PAVANE_ADMIN_EXPLAIN_TREE_H_

#include <string>

#include "pavane/admin/v1/rule.pb.h"
#include "rules/explain.h"

namespace pavane::admin {

/// The wire's form of an explained pattern with the text `pattern`. Inner nodes with one part only
/// are left out, and what is nested deeper than a client's protobuf reads is cut.
pavane::admin::v1::ExplainNode ShowTree(const rules::ExplainedNode& root,
                                        const std::string& pattern);

}  // namespace pavane::admin

#endif  // PAVANE_ADMIN_EXPLAIN_TREE_H_
