// The paths by which the broker is watched:
//
//   /metrics   the metrics in Prometheus' text format
//   /healthz   200 as long as the process lives and answers
//   /readyz    200 if events are taken in and delivered, otherwise 503 with the reason
#ifndef PAVANE_HTTP_OPERATIONS_H_
#define PAVANE_HTTP_OPERATIONS_H_

#include <functional>

#include "absl/status/status.h"

#include "http/http_server.h"
#include "metrics/registry.h"

namespace pavane::http {

// Called on an HTTP worker; must not block for long. An error's message is the reason.
using Readiness = std::function<absl::Status()>;

// `registry` and what `readiness` reads must outlive the server.
Routes OperationsRoutes(const metrics::Registry& registry, Readiness readiness);

}  // namespace pavane::http

#endif  // PAVANE_HTTP_OPERATIONS_H_
