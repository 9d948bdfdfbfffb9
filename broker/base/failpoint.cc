#include "base/failpoint.h"

#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

#include "base/check.h"
#include "base/mutex.h"

namespace pavane::failpoint {
namespace {

struct Point {
  bool kill = false;
  bool lie = false;
  absl::Status status;
  uint64_t nth = 1;
  uint64_t hits = 0;
};

class Registry {
 public:
  static Registry& Get() {
    static auto* const registry = new Registry;
    return *registry;
  }

  absl::Status Hit(absl::string_view name) ABSL_LOCKS_EXCLUDED(mu_) {
    if (armed_.load(std::memory_order_relaxed) == 0) return absl::OkStatus();
    MutexLock lock(mu_);
    const auto found = points_.find(name);
    if (found == points_.end()) return absl::OkStatus();
    Point& point = found->second;
    if (++point.hits < point.nth) return absl::OkStatus();
    // SIGKILL: no destructor, no flush, no handler; what the disk has is what a crash leaves.
    if (point.kill) kill(getpid(), SIGKILL);
    return point.status;
  }

  bool Lies(absl::string_view name) ABSL_LOCKS_EXCLUDED(mu_) {
    if (armed_.load(std::memory_order_relaxed) == 0) return false;
    MutexLock lock(mu_);
    const auto found = points_.find(name);
    return found != points_.end() && found->second.lie;
  }

  void Arm(absl::string_view name, const Point& point) ABSL_LOCKS_EXCLUDED(mu_) {
    MutexLock lock(mu_);
    const bool inserted = points_.emplace(name, point).second;
    CHECK(inserted) << "fail point armed twice: " << std::string(name);
    armed_.fetch_add(1, std::memory_order_relaxed);
  }

  void Disarm(absl::string_view name) ABSL_LOCKS_EXCLUDED(mu_) {
    MutexLock lock(mu_);
    points_.erase(points_.find(name));
    armed_.fetch_sub(1, std::memory_order_relaxed);
  }

  uint64_t Hits(absl::string_view name) ABSL_LOCKS_EXCLUDED(mu_) {
    MutexLock lock(mu_);
    return points_.find(name)->second.hits;
  }

 private:
  Registry() {
    const char* variable = std::getenv("PAVANE_FAILPOINT");
    if (variable == nullptr) return;
    for (const absl::string_view item : absl::StrSplit(variable, ',')) ArmItem(item);
  }

  // name, name:n or name=lie.
  void ArmItem(absl::string_view item) {
    Point point;
    point.lie = absl::ConsumeSuffix(&item, "=lie");
    point.kill = !point.lie;
    const size_t colon = item.rfind(':');
    if (colon != absl::string_view::npos) {
      CHECK(absl::SimpleAtoi(item.substr(colon + 1), &point.nth) && point.nth > 0)
          << "PAVANE_FAILPOINT has name, name:n or name=lie, not " << std::string(item);
      item = item.substr(0, colon);
    }
    Arm(item, point);
  }

  std::atomic<int> armed_{0};

  Mutex mu_;
  absl::flat_hash_map<std::string, Point> points_ ABSL_GUARDED_BY(mu_);
};

}  // namespace

absl::Status Hit(absl::string_view name) { return Registry::Get().Hit(name); }
bool Lies(absl::string_view name) { return Registry::Get().Lies(name); }

ScopedFailure::ScopedFailure(absl::string_view name, absl::Status status, uint64_t nth)
    : name_(name) {
  Registry::Get().Arm(name_, Point{.kill = false, .status = std::move(status), .nth = nth});
}

ScopedFailure::~ScopedFailure() { Registry::Get().Disarm(name_); }

uint64_t ScopedFailure::hits() const { return Registry::Get().Hits(name_); }

}  // namespace pavane::failpoint
