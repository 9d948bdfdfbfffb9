#include "store/upkeep.h"

#include <utility>

#include "base/status_macros.h"

namespace pavane::store {

Upkeep::Upkeep() {
  thread_ = Thread("upkeep", [this] { Run(); });
}

Upkeep::~Upkeep() {
  {
    MutexLock lock(mu_);
    stopping_ = true;
    changed_.NotifyAll();
  }
  thread_.Join();
}

void Upkeep::Submit(std::unique_ptr<UpkeepJob> job) {
  ++open_;
  MutexLock lock(mu_);
  waiting_.push_back(std::move(job));
  changed_.NotifyAll();
}

void Upkeep::Run() {
  while (true) {
    std::unique_ptr<UpkeepJob> job;
    {
      MutexLock lock(mu_);
      while (waiting_.empty() && !stopping_) changed_.Wait(mu_);
      if (stopping_) return;
      job = std::move(waiting_.front());
      waiting_.pop_front();
      computing_ = true;
    }
    const absl::Status status = job->Compute();
    MutexLock lock(mu_);
    computing_ = false;
    if (failure_.ok()) failure_ = status;
    computed_.push_back(std::move(job));
    changed_.NotifyAll();
  }
}

void Upkeep::TakeComputed() {
  MutexLock lock(mu_);
  for (auto& job : computed_) ready_.push_back(std::move(job));
  computed_.clear();
}

absl::Status Upkeep::AddTo(const Database& database, rocksdb::WriteBatch& batch, size_t bytes_max) {
  if (open_ == 0) return absl::OkStatus();
  if (ready_.empty()) TakeComputed();
  {
    MutexLock lock(mu_);
    RETURN_IF_ERROR(failure_);
  }
  size_t bytes = 0;
  while (!ready_.empty() && bytes < bytes_max) {
    UpkeepJob& job = *ready_.front();
    if (next_write_ == 0 && !job.StillValid()) {
      --open_;
      ready_.pop_front();
      continue;
    }
    for (; next_write_ < job.writes.size(); ++next_write_) {
      if (!job.atomic() && bytes >= bytes_max) return absl::OkStatus();
      const UpkeepWrite& write = job.writes[next_write_];
      rocksdb::ColumnFamilyHandle* family = database.handle(write.family);
      const rocksdb::Status added = write.deletes ? batch.Delete(family, write.key)
                                                  : batch.Put(family, write.key, write.value);
      RETURN_IF_ERROR(FromRocksDb(added, "building upkeep"));
      bytes += write.key.size() + write.value.size();
    }
    next_write_ = 0;
    added_.push_back(std::move(ready_.front()));
    ready_.pop_front();
  }
  return absl::OkStatus();
}

void Upkeep::Written() {
  for (auto& job : added_) {
    job->Applied();
    --open_;
  }
  added_.clear();
}

void Upkeep::AwaitComputed() {
  MutexLock lock(mu_);
  while (!waiting_.empty() || computing_) changed_.Wait(mu_);
}

}  // namespace pavane::store
