#ifndef PAVANE_ADMIN_SESSION_RULES_H_
#define PAVANE_ADMIN_SESSION_RULES_H_

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"

#include "admin/catalog_editor.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "pavane/v1/rules.pb.h"

namespace pavane::admin {

/// Rules that live as long as one session, and 30 s longer: EPHEMERAL ones. They match from the
/// moment they are made, keep no dead letters, and are deleted with their queue. A session that
/// resumes takes those of its forerunner over. Any thread; Sweep on housekeeping's.
class SessionRules {
 public:
  /// How a session is known here: its resume token.
  using Token = std::string;
  using Callback = std::function<void(const absl::Status&)>;

  SessionRules(CatalogEditor& editor, Clock& clock) : editor_(editor), clock_(clock) {}

  /// At start: the rules of sessions before it go 30 s from now.
  void Start() ABSL_LOCKS_EXCLUDED(mu_);

  /// Makes the rules of a session, `SERVICE/KEY/NAME`. `resumed` is the token of the session that
  /// was taken over, or empty. The callback comes on the writer thread or this one.
  void Open(const std::string& service, const Token& token, const Token& resumed,
            const std::string& session_name, const std::vector<pavane::v1::ServiceRule>& rules,
            Callback callback) ABSL_LOCKS_EXCLUDED(mu_);
  /// The session is over.
  void Close(const Token& token) ABSL_LOCKS_EXCLUDED(mu_);
  /// Deletes what is due.
  void Sweep() ABSL_LOCKS_EXCLUDED(mu_);

 private:
  struct Session {
    std::string key;  // in the names of its rules
    std::vector<RuleId> rules;
    std::optional<MonotonicTime> delete_at;
  };

  /// The key under which the session's rules are named.
  std::string Enter(const Token& token, const Token& resumed, const std::string& session_name)
      ABSL_LOCKS_EXCLUDED(mu_);
  void Delete(std::vector<RuleId> rules);

  CatalogEditor& editor_;
  Clock& clock_;
  Mutex mu_;
  absl::flat_hash_map<Token, Session> sessions_ ABSL_GUARDED_BY(mu_);
};

}  // namespace pavane::admin

#endif  // PAVANE_ADMIN_SESSION_RULES_H_
