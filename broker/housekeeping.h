#ifndef PAVANE_HOUSEKEEPING_H_
#define PAVANE_HOUSEKEEPING_H_

#include "absl/base/thread_annotations.h"

#include "admin/dead_letter_admin.h"
#include "admin/session_rules.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "base/thread.h"
#include "config/config.h"
#include "delivery/dispatcher.h"
#include "ingress/filler.h"
#include "ingress/gate.h"
#include "ingress/rule_book.h"
#include "metrics/broker_metrics.h"
#include "retention.h"
#include "store/log.h"
#include "store/writer.h"

namespace pavane {

/// The thread for what must be done now and then: disk floors, rules of ended sessions, rebuilt
/// matchers, retention of events and dead letters. All that changes the store goes through the
/// writer, in bounded pieces.
class Housekeeping {
 public:
  struct Parts {
    Clock& clock;
    const config::Config& config;
    store::Log& log;
    store::Writer& writer;
    const delivery::Dispatcher& dispatcher;
    ingress::RuleBook& rules;
    ingress::Gate& gate;
    admin::SessionRules& session_rules;
    admin::DeadLetterAdmin& dead_letters;
    const ingress::Filler& filler;
    metrics::BrokerMetrics& metrics;
  };

  /// What the parts refer to outlives the object.
  explicit Housekeeping(const Parts& parts);
  ~Housekeeping() { Stop(); }

  void Start();
  /// Ends the thread. Idempotent.
  void Stop() ABSL_LOCKS_EXCLUDED(mu_);

 private:
  void Loop() ABSL_LOCKS_EXCLUDED(mu_);
  bool stopping() const ABSL_LOCKS_EXCLUDED(mu_);
  void CheckDisk();

  const Parts parts_;
  Retention retention_;
  Thread thread_;
  mutable Mutex mu_;
  CondVar wake_;
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;
};

}  // namespace pavane

#endif  // PAVANE_HOUSEKEEPING_H_
