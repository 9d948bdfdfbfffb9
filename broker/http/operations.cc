#include "http/operations.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"

namespace pavane::http {

Routes OperationsRoutes(const metrics::Registry& registry, Readiness readiness) {
  Routes routes;
  routes["/metrics"] = [&registry] {
    return Response{200, metrics::kTextContentType, registry.Render()};
  };
  routes["/healthz"] = [] { return Response{.body = "ok\n"}; };
  routes["/readyz"] = [readiness = std::move(readiness)] {
    absl::Status ready = readiness();
    if (ready.ok()) return Response{.body = "ready\n"};
    return Response{.status = 503, .body = absl::StrCat("not ready: ", ready.message(), "\n")};
  };
  return routes;
}

}  // namespace pavane::http
