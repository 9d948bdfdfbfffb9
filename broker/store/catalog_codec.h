#ifndef PAVANE_STORE_CATALOG_CODEC_H_
#define PAVANE_STORE_CATALOG_CODEC_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

#include "base/ids.h"
#include "store/commit_record.h"

namespace pavane::store {

/// The ids to give next. Kept on disk beside the entries, since the entry with the highest id may
/// be erased and its id must not come again.
struct NextIds {
  BusId bus{1};
  RuleId rule{1};
  TargetId target{1};

  friend bool operator==(const NextIds&, const NextIds&) = default;
};

/// Id of the rule set of a service: a hash of its name. Part of the disk format.
uint64_t RuleSetId(absl::string_view service);

/// Raises `ids` above every id that `change` names. DataLoss when its bytes do not decode.
absl::Status RaiseNextIds(const CatalogChange& change, NextIds& ids);

std::string EncodeNextIds(const NextIds& ids);

}  // namespace pavane::store

#endif  // PAVANE_STORE_CATALOG_CODEC_H_
