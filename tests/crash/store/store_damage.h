#ifndef PAVANE_TESTS_CRASH_STORE_STORE_DAMAGE_H_
#define PAVANE_TESTS_CRASH_STORE_STORE_DAMAGE_H_

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace pavane::testing {

/// One byte of one file of a store that is not as it was.
struct Damage {
  enum class Kind {
    kFlip,  // one bit is another
    kByte,  // the whole byte is
    kCut,   // the file ends here
    kZero,  // the rest of the sector reads as zeros
  };
  std::string file;  // name in the store's folder
  uint64_t offset = 0;
  Kind kind = Kind::kFlip;
};
inline constexpr int kDamageKinds = 4;

/// What damages did.
struct DamageTally {
  uint64_t harmless = 0;         // opened, and everything is as it was
  uint64_t refused_at_open = 0;  // with a report that names the file
  uint64_t refused_at_read = 0;  // likewise
  std::map<std::string, uint64_t> by_file;
  std::vector<std::string> problems;  // everything else

  uint64_t total() const { return harmless + refused_at_open + refused_at_read; }
};

/// A small store with logs and tables that some starts and ends have left, and copies of it that
/// are damaged in one place each. Each copy is opened in a process of its own, so that a crash is
/// seen as one.
class StoreDamage {
 public:
  /// Makes the store below `folder`.
  explicit StoreDamage(std::string folder);

  /// Every damage there is, in the order of files and offsets: bits flipped, bytes, cuts, zeros.
  std::vector<Damage> All() const;
  /// Does it and judges what comes of it.
  void Try(const Damage& damage);

  const DamageTally& tally() const { return tally_; }

 private:
  struct Verdict;

  std::string Spoil(const Damage& damage) const;
  Verdict Judge(const std::string& copy) const;
  Verdict JudgeInChild(const std::string& copy) const;

  const std::string folder_;
  uint64_t acknowledged_ = 0;
  std::set<std::string> needed_;  // tables and logs that a start keeps
  DamageTally tally_;
};

}  // namespace pavane::testing

#endif  // PAVANE_TESTS_CRASH_STORE_STORE_DAMAGE_H_
