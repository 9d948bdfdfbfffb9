#ifndef PAVANE_TESTS_CRASH_BROKER_ANSWER_LOG_H_
#define PAVANE_TESTS_CRASH_BROKER_ANSWER_LOG_H_

#include <cstdio>
#include <mutex>
#include <string>
#include <vector>

namespace pavane::crash {

/// The file in which one party writes down each answer it got, one line each, before it acts on it.
/// The checker reads nothing but these files and the broker's own doors.
class AnswerLog {
 public:
  explicit AnswerLog(const std::string& path);
  ~AnswerLog();
  AnswerLog(const AnswerLog&) = delete;
  AnswerLog& operator=(const AnswerLog&) = delete;

  /// Words must not hold spaces.
  void Write(const std::vector<std::string>& words);

  /// The lines of a file, split at spaces.
  static std::vector<std::vector<std::string>> Read(const std::string& path);

 private:
  std::mutex mu_;
  std::FILE* file_;
};

}  // namespace pavane::crash

#endif  // PAVANE_TESTS_CRASH_BROKER_ANSWER_LOG_H_
