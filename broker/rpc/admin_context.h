#ifndef PAVANE_RPC_ADMIN_CONTEXT_H_
#define PAVANE_RPC_ADMIN_CONTEXT_H_

#include <memory>
#include <utility>

#include "absl/status/statusor.h"

#include "admin/bus_admin.h"
#include "admin/dead_letter_admin.h"
#include "admin/event_admin.h"
#include "admin/explain.h"
#include "admin/preview.h"
#include "admin/rule_admin.h"
#include "admin/scheduled_admin.h"
#include "admin/system_admin.h"
#include "ingress/gate.h"
#include "rpc/tail_hub.h"
#include "rpc/unary.h"
#include "rpc/work_pool.h"

namespace pavane::rpc {

/// What the admin calls need of the rest of the broker. Outlives them all.
struct AdminContext {
  admin::BusAdmin& buses;
  admin::RuleAdmin& rules;
  admin::DeadLetterAdmin& dead_letters;
  admin::EventAdmin& events;
  admin::ScheduledAdmin& scheduled;
  admin::SystemAdmin& system;
  const admin::Explainer explainer;
  const admin::Previewer previewer;
  TailHub& tails;
  WorkPool& pool;
};

/// Lets `start` begin the answer on the pool: it is called as start(Answer<Response>).
template <typename Response, typename Start>
void StartOnPool(WorkPool& pool, Answer<Response> answer, Start start) {
  // Kept outside, so that it can still be answered when the pool takes no more.
  auto shared = std::make_shared<Answer<Response>>(std::move(answer));
  if (!pool.Run([shared, start = std::move(start)]() mutable { start(*shared); })) {
    (*shared)(ingress::Overloaded());
  }
}

/// Answers with what `read` returns, on the pool.
template <typename Response, typename Read>
void RunOnPool(WorkPool& pool, Answer<Response> answer, Read read) {
  StartOnPool(pool, std::move(answer),
              [read = std::move(read)](const Answer<Response>& later) { later(read()); });
}

}  // namespace pavane::rpc

#endif  // PAVANE_RPC_ADMIN_CONTEXT_H_
