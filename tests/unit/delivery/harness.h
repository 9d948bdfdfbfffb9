#ifndef PAVANE_TESTS_UNIT_DELIVERY_HARNESS_H_
#define PAVANE_TESTS_UNIT_DELIVERY_HARNESS_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"

#include "base/manual_clock.h"
#include "base/mutex.h"
#include "base/random.h"
#include "delivery/dispatcher.h"
#include "store/catalog.h"
#include "store/log.h"
#include "store/writer.h"
#include "tests/support/temp_dir.h"

namespace pavane::delivery {

using Deliveries = std::vector<targets::OutgoingDelivery>;

std::vector<uint64_t> SequencesOf(const Deliveries& deliveries);

/// A connected service that remembers what it is given.
class FakeSession : public targets::Session {
 public:
  void Deliver(std::vector<targets::OutgoingDelivery> deliveries) override ABSL_LOCKS_EXCLUDED(mu_);
  void LeasesLost(std::vector<std::string> delivery_ids) override ABSL_LOCKS_EXCLUDED(mu_);
  void Draining(absl::Time) override ABSL_LOCKS_EXCLUDED(mu_);
  void Close(const absl::Status&) override ABSL_LOCKS_EXCLUDED(mu_);

  /// What came since the last call.
  std::vector<targets::OutgoingDelivery> Take() ABSL_LOCKS_EXCLUDED(mu_);
  std::vector<std::string> TakeLost() ABSL_LOCKS_EXCLUDED(mu_);
  bool draining() ABSL_LOCKS_EXCLUDED(mu_);
  bool closed() ABSL_LOCKS_EXCLUDED(mu_);

 private:
  Mutex mu_;
  std::vector<targets::OutgoingDelivery> deliveries_ ABSL_GUARDED_BY(mu_);
  std::vector<std::string> lost_ ABSL_GUARDED_BY(mu_);
  bool draining_ ABSL_GUARDED_BY(mu_) = false;
  bool closed_ ABSL_GUARDED_BY(mu_) = false;
};

/// A whole delivery station over a real log in a temporary folder, with a clock that stands still
/// until told. Sync() waits until everything asked for has had its effect.
class Harness {
 public:
  struct TargetSpec {
    std::string id;
    std::string address;
    std::function<void(pavane::admin::v1::Target&)> with;
  };

  explicit Harness(Dispatcher::Options options = {});
  ~Harness();

  /// Ends everything and starts again over the same folder. `checkpoint`: as a clean stop leaves
  /// it; otherwise as SIGKILL does.
  void Restart(bool checkpoint);

  /// Puts a rule on the bus `default`; returns the ids of its targets. The same name again keeps
  /// them, in order.
  std::vector<TargetId> PutRule(const std::string& name, const std::vector<TargetSpec>& targets);
  void DeleteRule(const std::string& name);
  /// Appends `count` events for the targets; returns the first one's sequence.
  Sequence Publish(const std::vector<TargetId>& targets, int count = 1);
  /// Appends one event for each of `key_hashes`, 0 for none.
  Sequence PublishKeyed(const std::vector<TargetId>& targets,
                        const std::vector<uint64_t>& key_hashes);
  void Sync();
  void Advance(absl::Duration by);

  struct Client {
    std::shared_ptr<FakeSession> session;
    OpenAnswer opened;
  };
  Client Connect(const std::string& service, uint32_t credit, const std::string& resume = "");
  std::vector<SettlementAnswer> Settle(const std::string& service,
                                       std::vector<SettlementRequest> settlements);
  SettlementAnswer SettleOne(const std::string& service, const std::string& delivery_id,
                             decltype(SettlementRequest::outcome) outcome);
  /// Whether the lease was extended.
  bool Extend(const std::string& service, const std::string& delivery_id);
  TargetStats Stats(TargetId target);
  std::vector<store::DeadLetterRecord> DeadLetters();
  /// A dead letter becomes a delivery again, as the admin door does it.
  void Redrive(const store::DeadLetterRecord& letter);
  void Purge(const store::DeadLetterRecord& letter);
  /// The letter stays, under a new id, and blocks its key no longer.
  void Skip(const store::DeadLetterRecord& letter);

  ManualClock& clock() { return clock_; }
  store::Log& log() { return *log_; }
  Dispatcher& dispatcher() { return *dispatcher_; }

  /// Emits `count` events for the targets when the settlement commits; fails when told.
  static std::unique_ptr<PreparedEvents> Emits(std::vector<TargetId> targets, int count,
                                               absl::Status failure = absl::OkStatus());

 private:
  void Start();
  absl::Status Commit(std::function<absl::Status(store::CommitBuilder&)> change);

  testing::TempDir dir_;
  ManualClock clock_;
  SeededRandom random_{42};
  Dispatcher::Options options_;
  std::unique_ptr<store::Log> log_;
  std::unique_ptr<Dispatcher> dispatcher_;
  std::unique_ptr<store::Writer> writer_;
  std::shared_ptr<const store::Catalog> catalog_ = std::make_shared<store::Catalog>();
  uint64_t published_ = 0;
};

}  // namespace pavane::delivery

#endif  // PAVANE_TESTS_UNIT_DELIVERY_HARNESS_H_
