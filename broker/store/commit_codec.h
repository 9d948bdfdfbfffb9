#ifndef PAVANE_STORE_COMMIT_CODEC_H_
#define PAVANE_STORE_COMMIT_CODEC_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

#include "store/commit_record.h"

namespace pavane::store {

/// Appends the commit record to `out`, without what its blocks hold: of the events only where they
/// are, their matched rules and their targets. Returns the flags of the envelope.
[[nodiscard]] uint8_t AppendCommit(const CommitRecord& commit, std::string& out);

/// Whether DecodeCommit fills `events`: most records that a start reads need only be looked through
/// for settlements.
enum class WithEvents : bool { kNo, kYes };
/// The record back. Its events have ref, accepted_us, matched_rules, targets and hashes of ordering
/// keys; the rest is in their blocks.
absl::StatusOr<CommitRecord> DecodeCommit(absl::string_view family, absl::string_view key,
                                          absl::string_view value,
                                          WithEvents with_events = WithEvents::kYes);

/// Only what stands at the front of every record.
struct CommitTimes {
  int64_t time_us = 0;
  CatalogVersion catalog_version;
};
absl::StatusOr<CommitTimes> DecodeCommitTimes(absl::string_view family, absl::string_view key,
                                              absl::string_view value);

}  // namespace pavane::store

#endif  // PAVANE_STORE_COMMIT_CODEC_H_
