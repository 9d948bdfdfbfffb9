#ifndef PAVANE_TESTS_CRASH_STORE_LEDGER_H_
#define PAVANE_TESTS_CRASH_STORE_LEDGER_H_

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <string>

#include "base/check.h"

namespace pavane::testing {

/// What the child that is to be killed tells its parent: a page of shared memory in a file, so each
/// store counts at once and outlives a SIGKILL. It lies beside the store, below no file system of
/// the test's, and is the record of every acknowledgement: transactions are acknowledged in order,
/// so one number says all.
class Ledger {
 public:
  struct Page {
    std::atomic<uint64_t> submitted;     // highest number handed to the writer
    std::atomic<uint64_t> acknowledged;  // highest number whose answer was success
    std::atomic<uint64_t> held;          // transactions found at the last start that was checked
    std::atomic<uint64_t> checks;        // starts whose whole content was compared and is right
    std::atomic<uint64_t> own_kills;     // deaths that are not a fail point's
  };

  /// Opens or creates.
  explicit Ledger(const std::string& path) {
    const int file = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0640);
    CHECK(file >= 0) << path;
    CHECK_EQ(ftruncate(file, sizeof(Page)), 0) << path;
    void* page = mmap(nullptr, sizeof(Page), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    CHECK(page != MAP_FAILED) << path;
    close(file);
    page_ = static_cast<Page*>(page);
  }
  ~Ledger() { munmap(page_, sizeof(Page)); }
  Ledger(const Ledger&) = delete;
  Ledger& operator=(const Ledger&) = delete;

  Page* operator->() const { return page_; }

 private:
  Page* page_;
};

}  // namespace pavane::testing

#endif  // PAVANE_TESTS_CRASH_STORE_LEDGER_H_
