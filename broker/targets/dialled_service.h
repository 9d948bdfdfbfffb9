#ifndef PAVANE_TARGETS_DIALLED_SERVICE_H_
#define PAVANE_TARGETS_DIALLED_SERVICE_H_

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_set.h"
#include "absl/time/time.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "grpcpp/alarm.h"
#include "grpcpp/channel.h"
#include "grpcpp/client_context.h"

#include "base/mutex.h"
#include "pavane/v1/plugin.grpc.pb.h"
#include "targets/dial_out_host.h"
#include "targets/session.h"

namespace pavane::targets {

/// One dialled service: takes deliveries as a Session, calls Handle with batches of them, and turns
/// answers and failures into settlements. It learns from Describe how many calls and deliveries the
/// service takes at a time, and from the service's health whether it takes any: while it says
/// NOT_SERVING nothing is handed to it and no attempt is counted. A service that cannot be reached
/// is called all the same; the refused connection is a failed attempt.
///
/// Deliveries in hand are bounded by the credit given, which is what calls in flight can hold,
/// twice. Calls come from the delivery loop and from gRPC's threads; nothing blocks but AwaitCalls.
class DialledService : public Session, public std::enable_shared_from_this<DialledService> {
 public:
  struct Options {
    std::string address;
    std::string broker_version;
    int message_bytes_max = 16 << 20;
  };

  DialledService(DialOutHost& host, Options options);

  /// Opens the session, asks Describe, watches the health.
  void Start();
  /// Closes the session and cancels what is under way.
  void Stop() ABSL_LOCKS_EXCLUDED(mu_);
  /// Waits until nothing is under way; after Stop.
  void AwaitCalls() ABSL_LOCKS_EXCLUDED(mu_);

  void Deliver(std::vector<OutgoingDelivery> deliveries) override ABSL_LOCKS_EXCLUDED(mu_);
  void LeasesLost(std::vector<std::string> delivery_ids) override ABSL_LOCKS_EXCLUDED(mu_);
  void Draining(absl::Time until) override;
  void Close(const absl::Status& why) override;

 private:
  struct HandleCall;
  struct DescribeCall;
  class HealthWatch;
  struct Waiting {
    OutgoingDelivery delivery;
    bool alone = false;  // was in a batch that failed as a whole
  };

  void CallWhatFits() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  std::vector<Waiting> TakeBatch() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void StartCall(std::vector<Waiting> batch) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void OnHandled(HandleCall& call, const grpc::Status& status) ABSL_LOCKS_EXCLUDED(mu_);
  void StartDescribe() ABSL_LOCKS_EXCLUDED(mu_);
  void OnDescribed(const grpc::Status& status, const pavane::v1::DescribeResponse& response)
      ABSL_LOCKS_EXCLUDED(mu_);
  void StartHealthWatch() ABSL_LOCKS_EXCLUDED(mu_);
  void OnHealth(bool serving) ABSL_LOCKS_EXCLUDED(mu_);
  void OnHealthDone(const grpc::Status& status) ABSL_LOCKS_EXCLUDED(mu_);
  void GiveCredit() ABSL_LOCKS_EXCLUDED(mu_);
  std::vector<pavane::v1::Settlement> ReleaseWaiting() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  DialOutHost& host_;
  const Options options_;
  const std::shared_ptr<grpc::Channel> channel_;
  const std::unique_ptr<pavane::v1::PluginService::Stub> plugin_;
  const std::unique_ptr<grpc::health::v1::Health::Stub> health_;

  Mutex mu_;
  CondVar idle_;
  std::deque<Waiting> waiting_ ABSL_GUARDED_BY(mu_);
  absl::flat_hash_set<HandleCall*> calls_ ABSL_GUARDED_BY(mu_);
  size_t in_hand_ ABSL_GUARDED_BY(mu_) = 0;       // waiting or in a call
  size_t credit_given_ ABSL_GUARDED_BY(mu_) = 0;  // and not used by a delivery yet
  size_t calls_max_ ABSL_GUARDED_BY(mu_) = 1;
  size_t batch_max_ ABSL_GUARDED_BY(mu_) = 1;
  size_t under_way_ ABSL_GUARDED_BY(mu_) = 0;  // calls, watches and alarms
  bool serving_ ABSL_GUARDED_BY(mu_) = true;
  bool stopped_ ABSL_GUARDED_BY(mu_) = false;
  absl::Duration health_pause_ ABSL_GUARDED_BY(mu_) = absl::Seconds(1);
  std::shared_ptr<grpc::ClientContext> describe_context_ ABSL_GUARDED_BY(mu_);
  std::shared_ptr<grpc::ClientContext> health_context_ ABSL_GUARDED_BY(mu_);
  std::unique_ptr<grpc::Alarm> health_alarm_ ABSL_GUARDED_BY(mu_);
};

}  // namespace pavane::targets

#endif  // PAVANE_TARGETS_DIALLED_SERVICE_H_
