#include "store/answer_thread.h"

#include "base/failpoint.h"

namespace pavane::store {

void AnswerThread::Start() {
  thread_ = Thread("answers", [this] { Run(); });
}

void AnswerThread::Stop() {
  {
    MutexLock lock(mu_);
    stopping_ = true;
    came_.NotifyAll();
  }
  thread_.Join();
}

void AnswerThread::Take(Answers answers, size_t bytes, bool at_once) {
  Group group{std::move(answers), bytes};
  {
    MutexLock lock(mu_);
    if (!at_once || busy_ || !waiting_.empty()) {
      waiting_.push_back(std::move(group));
      if (!busy_) came_.NotifyOne();
      return;
    }
  }
  // Only this thread adds, so nothing comes in between.
  Complete(std::move(group));
}

void AnswerThread::Run() {
  std::vector<Group> groups;
  while (true) {
    {
      MutexLock lock(mu_);
      busy_ = false;
      while (waiting_.empty() && !stopping_) came_.Wait(mu_);
      if (waiting_.empty()) return;
      groups.swap(waiting_);
      busy_ = true;
    }
    for (Group& group : groups) Complete(std::move(group));
    groups.clear();
  }
}

void AnswerThread::Complete(Group group) {
  for (Answer& answer : group.answers) {
    answer.transaction->Complete(answer.status);
    FAILPOINT("store.one_completed");
  }
  const size_t entries = group.answers.size();
  group.answers.clear();
  done_(entries, group.bytes);
}

}  // namespace pavane::store
