#include "metrics/process_metrics.h"

#include <sys/resource.h>
#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"

namespace pavane::metrics {
namespace {

std::string ReadFile(const char* path) {
  std::ifstream in(path);
  return std::string(std::istreambuf_iterator<char>(in), {});
}

struct Stat {
  double cpu_seconds = 0;
  uint64_t threads = 0;
  double start_ticks = 0;
  uint64_t virtual_bytes = 0;
  uint64_t resident_pages = 0;
};

// /proc/self/stat, counted from the field after the command, whose parentheses may hold anything.
std::optional<Stat> ReadStat() {
  std::string text = ReadFile("/proc/self/stat");
  size_t end_of_command = text.rfind(')');
  if (end_of_command == std::string::npos || end_of_command + 2 > text.size()) return std::nullopt;
  std::vector<absl::string_view> fields =
      absl::StrSplit(absl::string_view(text).substr(end_of_command + 2), ' ');
  constexpr size_t kUser = 11, kSystem = 12, kThreads = 17, kStart = 19, kVirtual = 20,
                   kResident = 21;
  Stat stat;
  double user = 0, system = 0;
  if (fields.size() <= kResident || !absl::SimpleAtod(fields[kUser], &user) ||
      !absl::SimpleAtod(fields[kSystem], &system) ||
      !absl::SimpleAtoi(fields[kThreads], &stat.threads) ||
      !absl::SimpleAtod(fields[kStart], &stat.start_ticks) ||
      !absl::SimpleAtoi(fields[kVirtual], &stat.virtual_bytes) ||
      !absl::SimpleAtoi(fields[kResident], &stat.resident_pages)) {
    return std::nullopt;
  }
  stat.cpu_seconds = (user + system) / static_cast<double>(sysconf(_SC_CLK_TCK));
  return stat;
}

// When the machine started, in seconds since the epoch.
std::optional<double> BootTime() {
  for (absl::string_view line : absl::StrSplit(ReadFile("/proc/stat"), '\n')) {
    double seconds = 0;
    if (absl::ConsumePrefix(&line, "btime ") && absl::SimpleAtod(line, &seconds)) return seconds;
  }
  return std::nullopt;
}

std::optional<uint64_t> OpenFiles() {
  std::error_code error;
  std::filesystem::directory_iterator it("/proc/self/fd", error), end;
  uint64_t count = 0;
  for (; !error && it != end; it.increment(error)) ++count;
  if (error || count == 0) return std::nullopt;
  return count - 1;  // one of them is the listing's own
}

void One(TextWriter& out, absl::string_view name, absl::string_view help, Type type, auto value) {
  out.Family(name, help, type);
  out.Sample(name, "", value);
}

void WriteStat(TextWriter& out, const Stat& stat) {
  One(out, "process_cpu_seconds_total", "User and system CPU time.", Type::kCounter,
      stat.cpu_seconds);
  One(out, "process_resident_memory_bytes", "Memory in RAM.", Type::kGauge,
      stat.resident_pages * static_cast<uint64_t>(sysconf(_SC_PAGESIZE)));
  One(out, "process_virtual_memory_bytes", "Address space.", Type::kGauge, stat.virtual_bytes);
  One(out, "process_threads", "Threads.", Type::kGauge, stat.threads);
  if (auto boot = BootTime()) {
    One(out, "process_start_time_seconds", "Start time since the epoch.", Type::kGauge,
        *boot + stat.start_ticks / static_cast<double>(sysconf(_SC_CLK_TCK)));
  }
}

void Write(TextWriter& out) {
  if (auto stat = ReadStat()) WriteStat(out, *stat);
  if (auto open = OpenFiles()) {
    One(out, "process_open_fds", "Open file descriptors.", Type::kGauge, *open);
  }
  rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    One(out, "process_max_fds", "Most file descriptors allowed.", Type::kGauge,
        static_cast<uint64_t>(limit.rlim_cur));
  }
}

}  // namespace

void AddProcessMetrics(Registry& registry) { registry.AddSource(Write); }

}  // namespace pavane::metrics
