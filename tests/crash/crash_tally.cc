#include "tests/crash/crash_tally.h"

namespace pavane::testing {
namespace {

std::string Quoted(const std::string& text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  }
  return quoted + "\"";
}

std::string Object(const std::map<std::string, uint64_t>& counts) {
  std::string text = "{";
  for (const auto& [name, count] : counts) {
    text += (text.size() > 1 ? "," : "") + Quoted(name) + ":" + std::to_string(count);
  }
  return text + "}";
}

std::string Array(const std::vector<std::string>& texts) {
  std::string text = "[";
  for (const std::string& one : texts) text += (text.size() > 1 ? "," : "") + Quoted(one);
  return text + "]";
}

}  // namespace

std::string CrashTally::Json() const {
  const std::map<std::string, uint64_t> numbers = {
      {"acknowledged", acknowledged}, {"in_flight", in_flight}, {"kills", kills}, {"seed", seed}};
  std::string text = Object(numbers);
  text.pop_back();
  return text + ",\"ends\":" + Object(ends) + ",\"fail_points\":" + Object(fail_points) +
         ",\"figures\":" + Object(figures) + ",\"problems\":" + Array(problems) + "}";
}

}  // namespace pavane::testing
