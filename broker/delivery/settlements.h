#ifndef PAVANE_DELIVERY_SETTLEMENTS_H_
#define PAVANE_DELIVERY_SETTLEMENTS_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "delivery/answers.h"
#include "delivery/attempt_ends.h"
#include "delivery/lease_table.h"
#include "delivery/loop_context.h"
#include "delivery/requests.h"
#include "delivery/service_table.h"
#include "delivery/target_table.h"

namespace pavane::delivery {

/// Settlements and extensions that clients ask for: fences late ones, repeats answers, commits the
/// rest. Loop thread only; callbacks also come from the writer thread.
class Settlements {
 public:
  Settlements(LoopContext& context, LeaseTable& leases, ServiceTable& services,
              TargetTable& targets, AttemptEnds& ends, Answers& answers)
      : context_(context),
        leases_(leases),
        services_(services),
        targets_(targets),
        ends_(ends),
        answers_(answers) {}

  void Settle(const std::string& service, std::vector<SettlementRequest> settlements,
              SettleCallback callback);
  void Extend(const std::string& service, const std::vector<ExtendRequest>& items,
              const ExtendCallback& callback);

 private:
  struct Batch;

  /// The answer where none has to be committed; absent: `lease` may be settled.
  std::optional<SettlementAnswer> Check(const std::string& service,
                                        const SettlementRequest& request, uint64_t content_hash,
                                        Lease** lease);
  std::optional<SettlementAnswer> CheckLease(const DeliveryId& id, const std::string& id_bytes,
                                             uint64_t content_hash, const Lease* lease) const;
  std::optional<SettlementAnswer> AnsweredBefore(const DeliveryId& id, const std::string& id_bytes,
                                                 uint64_t content_hash);
  bool MayServe(const std::string& service, const Target& target) const;
  SettlementAnswer DeferLease(Lease& lease, const Defer& defer);
  ExtendAnswer ExtendOne(const std::string& service, const ExtendRequest& item);
  void Submit(const std::shared_ptr<Batch>& batch, std::vector<SettleItem> items, uint64_t lane);

  LoopContext& context_;
  LeaseTable& leases_;
  ServiceTable& services_;
  TargetTable& targets_;
  AttemptEnds& ends_;
  Answers& answers_;
};

}  // namespace pavane::delivery

#endif  // PAVANE_DELIVERY_SETTLEMENTS_H_
