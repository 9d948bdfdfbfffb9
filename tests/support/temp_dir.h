#ifndef PAVANE_TESTS_SUPPORT_TEMP_DIR_H_
#define PAVANE_TESTS_SUPPORT_TEMP_DIR_H_

#include <cstdlib>
#include <filesystem>
#include <string>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

#include "base/check.h"

namespace pavane::testing {

// A fresh folder below $TMPDIR (or /tmp), removed with all in it at the end of the test.
class TempDir {
 public:
  TempDir() {
    const char* parent = std::getenv("TMPDIR");
    path_ = absl::StrCat(parent != nullptr ? parent : "/tmp", "/pavane-test-XXXXXX");
    CHECK(mkdtemp(path_.data()) != nullptr) << path_;
  }
  ~TempDir() {
    std::error_code ignored;  // a test that took write permission away has already said so
    std::filesystem::remove_all(path_, ignored);
  }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  const std::string& path() const { return path_; }
  // The path of a file in it.
  std::string File(absl::string_view name) const { return absl::StrCat(path_, "/", name); }

 private:
  std::string path_;
};

}  // namespace pavane::testing

#endif  // PAVANE_TESTS_SUPPORT_TEMP_DIR_H_
