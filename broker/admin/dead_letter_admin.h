#ifndef PAVANE_ADMIN_DEAD_LETTER_ADMIN_H_
#define PAVANE_ADMIN_DEAD_LETTER_ADMIN_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

#include "admin/dead_letter_change.h"
#include "ingress/gate.h"
#include "ingress/rule_book.h"
#include "pavane/admin/v1/dead_letter.pb.h"
#include "store/log.h"
#include "store/writer.h"

namespace pavane::admin {

/// Dead letters: what pavane.admin.v1.DeadLetterAdmin does. Every call does a bounded amount of
/// work; reads may touch the disk, so they are not for threads that must not block.
class DeadLetterAdmin {
 public:
  template <typename Response>
  using Callback = std::function<void(absl::StatusOr<Response>)>;

  /// The references outlive the object.
  DeadLetterAdmin(const ingress::RuleBook& rules, const ingress::Gate& gate, const store::Log& log,
                  store::Writer& writer);

  absl::StatusOr<pavane::admin::v1::ListDeadLettersResponse> List(
      const pavane::admin::v1::ListDeadLettersRequest& request) const;
  absl::StatusOr<pavane::admin::v1::GetDeadLetterResponse> Get(
      const pavane::admin::v1::GetDeadLetterRequest& request) const;

  /// Reads on the caller's thread, answers from the writer's.
  void Redrive(const pavane::admin::v1::RedriveDeadLettersRequest& request,
               Callback<pavane::admin::v1::RedriveDeadLettersResponse> callback);
  void Skip(const pavane::admin::v1::SkipDeadLettersRequest& request,
            Callback<pavane::admin::v1::SkipDeadLettersResponse> callback);
  void Purge(const pavane::admin::v1::PurgeDeadLettersRequest& request,
             Callback<pavane::admin::v1::PurgeDeadLettersResponse> callback);

  struct Expired {
    DeadLetterChange::CountByTarget count;
    bool more = false;  // there may be; call again
  };
  /// Housekeeping: deletes letters older than `dead_before_us` and the oldest ones beyond
  /// `letters_max` of a target; a bounded number a call. `done` gets how many went.
  void Expire(int64_t dead_before_us, uint64_t letters_max,
              std::function<void(absl::StatusOr<Expired>)> done);

  /// Rises when a redrive or skip is being committed and again when it is: a low-water mark taken
  /// in between may not know of the event yet.
  uint64_t redrives() const { return changes_.redrives.load(std::memory_order_acquire); }

 private:
  struct Selection;
  template <typename Response>
  using Fill = void (*)(const DeadLetterChange::Outcome&, Response&);

  /// What redrive, skip and purge have in common: `work` on the letters that the request selects.
  template <typename Request, typename Response>
  void Change(const Request& request, DeadLetterChange::Work work, Callback<Response> callback,
              Fill<Response> fill);
  absl::StatusOr<Selection> Select(const pavane::admin::v1::DeadLetterFilter& filter,
                                   const std::string& page_token, size_t letters_max) const;
  absl::StatusOr<Selection> SelectOne(const std::string& id) const;
  absl::StatusOr<TargetId> FindTarget(const std::string& path) const;
  absl::StatusOr<std::vector<store::DeadLetterRecord>> SelectExpired(int64_t dead_before_us,
                                                                     uint64_t letters_max) const;
  absl::Status Submit(std::unique_ptr<DeadLetterChange> transaction);
  pavane::admin::v1::DeadLetter Show(const store::DeadLetterRecord& letter, bool with_event) const;

  const ingress::RuleBook& rules_;
  const ingress::Gate& gate_;
  const store::Log& log_;
  store::Writer& writer_;
  DeadLetterChange::Shared changes_;
};

}  // namespace pavane::admin

#endif  // PAVANE_ADMIN_DEAD_LETTER_ADMIN_H_
