#include "tests/crash/broker/answer_log.h"

#include <fstream>
#include <sstream>

namespace pavane::crash {

AnswerLog::AnswerLog(const std::string& path) : file_(std::fopen(path.c_str(), "w")) {}
AnswerLog::~AnswerLog() { std::fclose(file_); }

void AnswerLog::Write(const std::vector<std::string>& words) {
  std::string line;
  for (const std::string& word : words) line += (line.empty() ? "" : " ") + word;
  line += '\n';
  std::lock_guard<std::mutex> lock(mu_);
  std::fwrite(line.data(), 1, line.size(), file_);
  std::fflush(file_);
}

std::vector<std::vector<std::string>> AnswerLog::Read(const std::string& path) {
  std::vector<std::vector<std::string>> lines;
  std::ifstream file(path);
  std::string text;
  while (std::getline(file, text)) {
    std::istringstream words(text);
    std::vector<std::string> line;
    for (std::string word; words >> word;) line.push_back(word);
    lines.push_back(std::move(line));
  }
  return lines;
}

}  // namespace pavane::crash
