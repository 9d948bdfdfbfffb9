#include "tests/crash/store/store_damage.h"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

#include "base/check.h"
#include "base/log.h"
#include "store/log.h"
#include "tests/crash/store/child_process.h"
#include "tests/crash/store/ledger.h"
#include "tests/crash/store/workload.h"

namespace pavane::testing {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kSeed = 7;
// In three lives, so that no commit is large.
constexpr int kLives = 3;
constexpr uint64_t kTransactionsOfOneLife = 5;
// So small that nearly each write fills a memtable: tables and manifest edits from little data.
constexpr uint64_t kTinyMemtablesBytes = 4 << 10;
constexpr uint64_t kSectorBytes = 512;
constexpr char kVerdictMark = '\1';

// Not read at a start, or not the store's.
bool IsOfNoUse(const std::string& name) {
  return name.starts_with("OPTIONS") || name.starts_with("LOG") || name == "LOCK" ||
         name == "IDENTITY";
}

std::string KindOf(const std::string& name) {
  if (name.ends_with(".log")) return "log";
  if (name.ends_with(".sst")) return "table";
  return name.substr(0, name.find('-'));
}

std::string Name(Damage::Kind kind) {
  switch (kind) {
    case Damage::Kind::kFlip:
      return "flip";
    case Damage::Kind::kByte:
      return "byte";
    case Damage::Kind::kCut:
      return "cut";
    case Damage::Kind::kZero:
      return "zeros";
  }
  return "";
}

std::set<std::string> DataFiles(const std::string& store) {
  std::set<std::string> names;
  for (const auto& entry : fs::directory_iterator(store)) {
    const std::string name = entry.path().filename();
    if (name.ends_with(".sst") || name.ends_with(".log")) names.insert(name);
  }
  return names;
}

}  // namespace

struct StoreDamage::Verdict {
  char kind = 'X';  // H harmless, O refused at open, R refused at read, W wrong, X died
  std::string message;
};

StoreDamage::StoreDamage(std::string folder) : folder_(std::move(folder)) {
  const std::string made = folder_ + "/made";
  fs::create_directories(made);
  Ledger ledger(made + "/ledger");
  for (int life = 0; life < kLives; ++life) {
    ChildProcess child({STORE_CRASH_CHILD, made, absl::StrCat(kSeed), "fsync",
                        absl::StrCat(kTransactionsOfOneLife), absl::StrCat(kTinyMemtablesBytes)},
                       "", made + "/stderr");
    CHECK(child.Wait() == ChildProcess::End::kExited && child.code() == 0) << "see " << made;
  }
  acknowledged_ = ledger->acknowledged;
  for (const auto& entry : fs::directory_iterator(made + "/store")) {
    const std::string name = entry.path().filename();
    if (IsOfNoUse(name)) fs::remove(entry.path());
  }
  // What an undamaged start removes is of no use.
  const std::string copy = Spoil({});
  CHECK(JudgeInChild(copy).kind == 'H') << "the store is whole";
  needed_ = DataFiles(copy);
}

std::vector<Damage> StoreDamage::All() const {
  std::vector<Damage> all;
  std::set<fs::path> paths;
  for (const auto& entry : fs::directory_iterator(folder_ + "/made/store")) {
    paths.insert(entry.path());
  }
  for (const fs::path& path : paths) {
    // Of the mark only the beginning is used.
    const uint64_t size =
        path.filename() == "ACKNOWLEDGED" ? 72 : static_cast<uint64_t>(fs::file_size(path));
    for (uint64_t offset = 0; offset < size; ++offset) {
      for (int kind = 0; kind < kDamageKinds; ++kind) {
        all.push_back({path.filename(), offset, static_cast<Damage::Kind>(kind)});
      }
    }
  }
  return all;
}

std::string StoreDamage::Spoil(const Damage& damage) const {
  const std::string copy = folder_ + "/copy";
  fs::remove_all(copy);
  fs::copy(folder_ + "/made/store", copy);
  if (damage.file.empty()) return copy;
  const std::string path = copy + "/" + damage.file;
  if (damage.kind == Damage::Kind::kCut) {
    fs::resize_file(path, damage.offset);
    return copy;
  }
  const uint64_t size = fs::file_size(path);
  std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
  file.seekg(static_cast<std::streamoff>(damage.offset));
  const int byte = file.get();
  file.seekp(static_cast<std::streamoff>(damage.offset));
  if (damage.kind == Damage::Kind::kZero) {
    const uint64_t end = std::min(size, (damage.offset / kSectorBytes + 1) * kSectorBytes);
    file << std::string(end - damage.offset, '\0');
  } else {
    const int mask = damage.kind == Damage::Kind::kFlip ? 1 << damage.offset % 8 : 0xff;
    file.put(static_cast<char>(byte ^ mask));
  }
  return copy;
}

// Runs in the child.
StoreDamage::Verdict StoreDamage::Judge(const std::string& copy) const {
  store::Log::Options options;
  options.directory = copy;
  const auto log = store::Log::Open(options);
  if (!log.ok()) return {'O', log.status().ToString()};
  const auto refused = [](const absl::Status& status) {
    return Verdict{absl::IsInternal(status) ? 'W' : 'R', status.ToString()};
  };
  const auto count = CountTransactions(**log);
  if (!count.ok()) return refused(count.status());
  if (const absl::Status content = CheckContent(**log, kSeed, *count); !content.ok()) {
    return refused(content);
  }
  if (*count < acknowledged_) {
    return {'W', absl::StrCat(acknowledged_, " were acknowledged, ", *count, " are there")};
  }
  return {'H', ""};
}

StoreDamage::Verdict StoreDamage::JudgeInChild(const std::string& copy) const {
  int ends[2];
  CHECK_EQ(pipe(ends), 0) << "a pipe";
  const pid_t child = fork();
  if (child == 0) {
    close(ends[0]);
    dup2(ends[1], 2);  // what a dying process says
    const Verdict verdict = Judge(copy);
    const std::string text = kVerdictMark + (verdict.kind + verdict.message);
    CHECK_EQ(write(ends[1], text.data(), text.size()), static_cast<ssize_t>(text.size())) << "";
    _exit(0);
  }
  close(ends[1]);
  std::string text;
  char buffer[4096];
  for (ssize_t got = 0; (got = read(ends[0], buffer, sizeof(buffer))) > 0;)
    text.append(buffer, got);
  close(ends[0]);
  int status = 0;
  CHECK_EQ(waitpid(child, &status, 0), child) << "it is ours";
  const size_t mark = text.find(kVerdictMark);
  if (mark == std::string::npos) {
    return {'X', absl::StrCat("the process died, status ", status, ": ", text)};
  }
  return {text[mark + 1], text.substr(mark + 2)};
}

void StoreDamage::Try(const Damage& damage) {
  const std::string copy = Spoil(damage);
  const std::set<std::string> before = DataFiles(copy);
  const Verdict verdict = JudgeInChild(copy);
  const auto problem = [&](const std::string& what) {
    tally_.problems.push_back(absl::StrCat(damage.file, " ", Name(damage.kind), " at ",
                                           damage.offset, ": ", what, ": ", verdict.message));
  };
  ++tally_.by_file[absl::StrCat(KindOf(damage.file), " ", std::string(1, verdict.kind))];
  const bool named = absl::StrContains(verdict.message, damage.file);
  switch (verdict.kind) {
    case 'H':
      ++tally_.harmless;
      return;
    case 'O':
      ++tally_.refused_at_open;
      if (!named) problem("the refusal does not name the file");
      for (const std::string& name : before) {
        if (needed_.contains(name) && !fs::exists(copy + "/" + name))
          problem("a refused start has removed " + name);
      }
      return;
    case 'R':
      ++tally_.refused_at_read;
      if (!named) problem("the refusal does not name the file");
      return;
    default:
      problem(verdict.kind == 'W' ? "silently wrong" : "no report");
  }
}

}  // namespace pavane::testing
