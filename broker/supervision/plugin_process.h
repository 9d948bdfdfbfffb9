// One run of one plugin, seen from the broker: the guard process and the pipes to it.
//
// Supervision thread only. Nothing blocks but the destructor, which kills and waits for the guard.
#ifndef PAVANE_SUPERVISION_PLUGIN_PROCESS_H_
#define PAVANE_SUPERVISION_PLUGIN_PROCESS_H_

#include <sys/types.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

#include "supervision/file_descriptor.h"
#include "supervision/line_splitter.h"

namespace pavane::supervision {

class PluginProcess {
 public:
  struct Options {
    std::string guard_program;  // the broker's own binary
    std::string lock_path;
    absl::Duration lock_wait;
    absl::Duration stop_limit;
    std::string working_dir;
    std::vector<std::string> command;
    std::vector<std::string> environment;  // "NAME=value", all of it
    LineSplitter::Sink output;             // lines of the plugin's stdout and stderr
  };

  // Starts the guard; whether the plugin starts shows later.
  static absl::StatusOr<std::unique_ptr<PluginProcess>> Start(const Options& options);
  ~PluginProcess();
  PluginProcess(const PluginProcess&) = delete;
  PluginProcess& operator=(const PluginProcess&) = delete;

  // To be polled for reading; then call the reader. -1: closed.
  int output_fd() const { return output_.get(); }
  int status_fd() const { return status_.get(); }
  bool ReadOutput();  // false: nothing there
  void ReadStatus();

  // SIGTERM, and SIGKILL after the limit. Repeated calls do nothing.
  void AskToStop();

  // The plugin's process id, 0 before it runs and after it ended.
  pid_t pid() const { return pid_; }
  // The guard has reported the end and every process below it is gone.
  bool ended() const { return ended_; }
  // "exit code 1", "killed by signal 9", or why it could not be started.
  const std::string& end() const { return end_; }

 private:
  PluginProcess(const Options& options, pid_t guard, FileDescriptor control, FileDescriptor status,
                FileDescriptor output);

  void OnStatusLine(absl::string_view line);

  const pid_t guard_;
  FileDescriptor control_;
  FileDescriptor status_;
  FileDescriptor output_;
  LineSplitter output_lines_;
  LineSplitter status_lines_;
  bool asked_to_stop_ = false;
  pid_t pid_ = 0;
  bool ended_ = false;
  std::string end_ = "its guard was killed";
};

}  // namespace pavane::supervision

#endif  // PAVANE_SUPERVISION_PLUGIN_PROCESS_H_
